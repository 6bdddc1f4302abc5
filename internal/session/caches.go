package session

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/hub"
	"github.com/dylora/dylora/internal/packed"
)

// CacheKinds are the kinds of what caches hold: weights packed for the kernels, splits of GLUE as lines, and
// repositories of the Hugging Face Hub, whose cache is shared with Python's tools.
func CacheKinds() []string { return []string{"packed", "glue", "hub"} }

// CacheEntry is one thing that a cache holds.
type CacheEntry struct {
	Name   string    `json:"name"` // KIND/…, as RemoveCached takes it
	Folder string    `json:"folder"`
	Bytes  int64     `json:"bytes"`
	Used   time.Time `json:"used"` // last; of a repository: written last

	remove func() error
}

// CacheList is what the caches hold, or what was removed from them.
type CacheList struct {
	Entries []CacheEntry `json:"entries"`
	Bytes   int64        `json:"bytes"`
	Removed bool         `json:"removed"`
	Dry     bool         `json:"dry_run"` // only to be removed
}

// WriteText writes a line per entry with its size, when it was used last and where it is, and the sum.
func (l *CacheList) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, e := range l.Entries {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", e.Name, evaluate.Size(e.Bytes), e.Used.Format("2006-01-02"), e.Folder)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	what := "cached"
	switch {
	case l.Dry:
		what = "to be removed"
	case l.Removed:
		what = "removed"
	}
	entries := "entries"
	if len(l.Entries) == 1 {
		entries = "entry"
	}
	_, err := fmt.Fprintf(w, "%d %s, %s %s\n", len(l.Entries), entries, evaluate.Size(l.Bytes), what)
	return err
}

// Caches lists what the caches hold, or, where names are given, removes what RemoveCached does.
func Caches(env *Env, remove []string, dry bool) (*CacheList, error) {
	l := &CacheList{Removed: len(remove) > 0 && !dry, Dry: dry}
	var err error
	if len(remove) > 0 {
		l.Entries, err = RemoveCached(env, remove, dry)
	} else {
		l.Entries, err = Cached(env)
	}
	for _, e := range l.Entries {
		l.Bytes += e.Bytes
	}
	return l, err
}

// Cached lists what the caches hold, in the order of CacheKinds and then by name.
func Cached(env *Env) (all []CacheEntry, err error) {
	if c := env.packedWeights(); c != nil {
		if all, err = filesIn(all, "packed", c.Dir, packed.Holds); err != nil {
			return nil, err
		}
	}
	if all, err = filesIn(all, "glue", env.cacheFolder("glue"), func(string) bool { return true }); err != nil {
		return nil, err
	}
	client, err := env.Hub(false) // which is not asked
	if err != nil {
		return nil, err
	}
	repos, err := client.Cached()
	for _, r := range repos {
		name := "hub/" + r.ID
		if r.Kind != hub.Model {
			name = "hub/" + string(r.Kind) + "s/" + r.ID
		}
		all = append(all, CacheEntry{Name: name, Folder: client.Cache(), Bytes: r.Bytes, Used: r.Used, remove: func() error { return client.RemoveCached(r) }})
	}
	return all, err
}

// filesIn appends the files and folders of a cache that is dylora's own and whose names are taken.
func filesIn(all []CacheEntry, kind, dir string, takes func(name string) bool) ([]CacheEntry, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, disk.PathFirst(err, dir)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if strings.HasPrefix(e.Name(), ".") || !takes(e.Name()) {
			continue
		}
		c := CacheEntry{Name: kind + "/" + e.Name(), Folder: dir, remove: func() error { return os.RemoveAll(path) }}
		err := filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			info, err := d.Info()
			if err == nil {
				c.Bytes += info.Size()
				if info.ModTime().After(c.Used) {
					c.Used = info.ModTime()
				}
			}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // another process has removed it
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// RemoveCached removes what the names stand for, each a kind or an entry's name; with dry it removes nothing. It tells
// what is, or would be, removed. A name that nothing has is of class Usage, before anything is removed.
func RemoveCached(env *Env, names []string, dry bool) ([]CacheEntry, error) {
	all, err := Cached(env)
	if err != nil {
		return nil, err
	}
	chosen := []CacheEntry{}
	for _, name := range names {
		var found []CacheEntry
		for _, e := range all {
			if kind, _, _ := strings.Cut(e.Name, "/"); e.Name == name || kind == name {
				found = append(found, e)
			}
		}
		if len(found) == 0 && !slices.Contains(CacheKinds(), name) {
			return nil, fault.Because(NotCached, fault.Usagef("%q is nothing that the caches hold", name))
		}
		for _, e := range found {
			if !slices.ContainsFunc(chosen, func(c CacheEntry) bool { return c.Name == e.Name }) {
				chosen = append(chosen, e)
			}
		}
	}
	for _, e := range chosen {
		if dry {
			continue
		}
		if err := e.remove(); err != nil {
			return nil, fault.Errorf(fault.Failure, "%s: %w", e.Name, err)
		}
	}
	return chosen, nil
}
