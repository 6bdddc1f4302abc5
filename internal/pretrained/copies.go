package pretrained

import (
	"errors"
	"io/fs"
	"path"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/tokenizer"
)

// ReadFile reads a file of the folder, which must be the one that was there before.
func (f *Folder) ReadFile(name string) ([]byte, error) {
	b, err := fs.ReadFile(f.Files, name)
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err // the message already has the path
	}
	if err != nil {
		return nil, fault.Invalidf("%s: cannot be read: %w", path.Join(f.Place, name), err)
	}
	return b, nil
}

// Copies are the files that a folder with the same tokenizer needs: each that decides how
// texts are cut, byte for byte. config.json and weights are not among them. Errors are of class
// fault.Invalid.
func (f *Folder) Copies() (list []disk.Content, err error) {
	for _, name := range tokenizer.Files() {
		b, err := f.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, disk.Content{Name: name, Data: b})
	}
	return list, f.Unchanged()
}
