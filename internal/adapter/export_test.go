package adapter

import "github.com/dylora/dylora/internal/disk"

// What the tests of the outside package need from the inside.

// SaveWith is Save or SaveOver by way of d.
func SaveWith(d disk.Files, dir string, a *Adapter, f *Facts, over bool) error {
	return save(d, dir, a, f, over)
}

// CheckConfig parses an adapter_config.json.
func CheckConfig(file string, b []byte) error {
	_, err := parseConfig(file, b)
	return err
}

// FieldNames are the keys of adapter_config.json that are known, and those that are written.
func FieldNames() (known, written []string) {
	own := map[string]bool{"r": true, "lora_alpha": true, "target_modules": true, "modules_to_save": true}
	for _, f := range fields {
		known = append(known, f.name)
		if f.written != "" || own[f.name] {
			written = append(written, f.name)
		}
	}
	return known, written
}
