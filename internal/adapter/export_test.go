package adapter

// What the tests of the outside package need from the inside.

// Files is the file system of a save.
type Files = files

// Disk is the real one.
func Disk() Files { return disk{} }

// SaveWith is Save or SaveOver by way of d.
func SaveWith(d Files, dir string, a *Adapter, f *Facts, over bool) error {
	return save(d, dir, a, f, over)
}

// ExchangeByRename is how folders change places where the system has no call for it.
var ExchangeByRename = exchangeByRename

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
