package disk

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
)

// Content is one file of a folder. Name may have folders of its own, with slashes.
type Content struct {
	Name string
	Data []byte
}

// TempPattern matches the names of folders that a commit left behind when it was killed.
const TempPattern = ".*.[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]"

// Commit makes the folder dir hold contents, all or nothing: a folder beside it is filled
// in the order of contents and flushed to the disk, takes its place, and the parent is
// flushed. over says that dir exists and is to be replaced. On an error the steps done
// are taken back.
func Commit(d Files, dir string, contents []Content, over bool) (err error) {
	dir = filepath.Clean(dir)
	parent, base := filepath.Split(dir)
	if parent == "" {
		parent = "."
	}
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return err
	}
	temp := filepath.Join(parent, fmt.Sprintf(".%s.%08x", base, rand.Uint32()))
	if err := d.Mkdir(temp); err != nil {
		return err
	}
	defer func() {
		if e := d.RemoveAll(temp); err != nil { // what failed first matters more than a folder left behind
			err = also(err, e)
		}
	}()
	if err := fill(d, temp, contents); err != nil {
		return err
	}
	place := d.Rename
	if over {
		place = d.Exchange // temp is then the old one
	}
	if err := place(temp, dir); err != nil {
		return err
	}
	if err := d.Sync(parent); err != nil {
		return also(err, place(dir, temp))
	}
	return nil
}

// fill writes contents into folder and flushes them to the disk, folders after what they hold.
func fill(d Files, folder string, contents []Content) error {
	made := map[string]bool{".": true}
	var inner []string
	for _, c := range contents {
		if in := path.Dir(c.Name); !made[in] {
			made[in] = true
			inner = append(inner, filepath.Join(folder, filepath.FromSlash(in)))
			if err := d.Mkdir(inner[len(inner)-1]); err != nil {
				return err
			}
		}
		if err := d.Write(filepath.Join(folder, filepath.FromSlash(c.Name)), c.Data); err != nil {
			return err
		}
	}
	for _, in := range append(inner, folder) {
		if err := d.Sync(in); err != nil {
			return err
		}
	}
	return nil
}
