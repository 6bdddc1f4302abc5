package adapter

import (
	"io/fs"

	"github.com/dylora/dylora/internal/disk"
)

// What the tests of the outside package need from the inside.

// SaveWith is Save by way of d.
func SaveWith(d disk.Files, dir string, a *Adapter, p *Provenance, o SaveOptions) error {
	return save(d, dir, a, p, o)
}

// OpenFrom is Open of a folder whose files come from elsewhere.
func OpenFrom(dir string, files fs.FS) (*Stored, error) {
	return Options{}.open(folder{dir, disk.Watch(files)})
}

// CheckConfig parses an adapter_config.json.
func CheckConfig(file string, b []byte) error {
	_, err := parseConfig(file, b)
	return err
}

// FieldNames are the keys of adapter_config.json that are known, and those that are written.
func FieldNames() (known, written []string) {
	own := map[string]bool{"r": true, "lora_alpha": true, "target_modules": true, "modules_to_save": true,
		"bias": true, "use_rslora": true, "rank_pattern": true, "alpha_pattern": true}
	for _, f := range fields {
		known = append(known, f.name)
		if f.written != "" || own[f.name] {
			written = append(written, f.name)
		}
	}
	return known, written
}

// MatchKey says whether a key of rank_pattern stands for path, MatchWhole whether an
// expression of target_modules does.
func MatchKey(key, path string) (bool, error) {
	p := new(patterns)
	if err := p.add(pattern{key: key, value: 1}); err != nil {
		return false, err
	}
	_, ok := p.value(path)
	return ok, nil
}

func MatchWhole(pattern, path string) (bool, error) {
	re, err := expression(pattern)
	return err == nil && re.MatchString(path), err
}
