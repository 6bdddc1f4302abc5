package disk

import (
	"path"
	"path/filepath"
)

// Content is one file of a folder. Name may have folders of its own, with slashes.
type Content struct {
	Name string
	Data []byte
}

// Commit makes the folder dir hold contents, all or nothing: a folder beside it is filled
// in the order of contents and flushed to the disk, takes its place, and the parent is
// flushed. over says that dir exists and is to be replaced. On an error the steps done
// are taken back. What earlier commits that were killed have left beside dir is removed.
func Commit(d Files, dir string, contents []Content, over bool) error {
	return CommitChecked(d, dir, contents, over, nil)
}

// CommitChecked is Commit of a folder that is checked before it takes its place: check gets the
// path of the folder that is filled and flushed, and its error ends the commit.
func CommitChecked(d Files, dir string, contents []Content, over bool, check func(filled string) error) (err error) {
	dir = filepath.Clean(dir)
	parent := filepath.Dir(dir)
	if err := MkdirAll(parent); err != nil {
		return err
	}
	removeUnfinished(dir)
	temp, held, err := newFolder(d, dir)
	if err != nil {
		return err
	}
	defer held.release()
	defer func() {
		if e := d.RemoveAll(temp); err != nil { // what failed first matters more than a folder left behind, which the next commit removes
			err = also(err, e)
		}
	}()
	if err := fill(d, temp, contents); err != nil {
		return err
	}
	if check != nil {
		if err := check(temp); err != nil {
			return err
		}
	}
	place := d.Rename
	if over {
		place = d.Exchange // temp is then the old one, which others are to leave until it is sure that it can go
		old, _ := hold(dir)
		defer old.release()
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
