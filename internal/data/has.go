package data

import "slices"

// Has says whether Read would find a file for the split. It does not look inside.
func (t *Task) Has(dataDir, split string) bool {
	if !slices.Contains(t.Splits(), split) {
		return false
	}
	if t.Folder == "" {
		return true
	}
	_, err := t.locate(dataDir, t.fileName(split))
	return err == nil
}
