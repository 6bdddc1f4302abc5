package hub

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

// CachedRepo is a repository in the cache, whoever has downloaded it.
type CachedRepo struct {
	Kind  Kind
	ID    string
	Bytes int64     // of its files, each counted once
	Used  time.Time // when a file of it was written last
}

// Cached lists the repositories in the cache, sorted by folder; none where there is no cache.
func (c *Client) Cached() (all []CachedRepo, err error) {
	root, err := os.OpenRoot(c.cache)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }() // it was only read
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		r, ok := cachedName(e.Name())
		if !ok {
			continue
		}
		err := fs.WalkDir(root.FS(), e.Name(), func(_ string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			info, err := d.Info()
			if err == nil {
				r.Bytes += info.Size()
				r.Used = later(r.Used, info.ModTime())
			}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // somebody removes it just now
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// cachedName is the repository whose folder in the cache has a name.
func cachedName(folder string) (r CachedRepo, ok bool) {
	kind, id, ok := strings.Cut(folder, "s--")
	r = CachedRepo{Kind: Kind(kind), ID: strings.ReplaceAll(id, "--", "/")}
	known := r.Kind == Model || r.Kind == Dataset
	return r, ok && known && validID(r.ID) && Repo{Kind: r.Kind, ID: r.ID}.folder() == folder
}

// RemoveCached removes a repository from the cache, all of its revisions. A folder that is a link to another disk
// loses the link alone. Nothing outside the cache is touched.
func (c *Client) RemoveCached(r CachedRepo) error {
	root, err := os.OpenRoot(c.cache)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	folder := Repo{Kind: r.Kind, ID: r.ID}.folder()
	return errors.Join(root.RemoveAll(folder), root.RemoveAll(path.Join(".locks", folder)))
}
