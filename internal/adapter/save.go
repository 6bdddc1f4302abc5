package adapter

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/dylora/dylora/internal/fault"
)

// The files of an adapter's folder: PEFT's two, and dylora's own facts.
const (
	configName  = "adapter_config.json"
	weightsName = "adapter_model.safetensors"
	factsName   = "dylora.json"
)

// Save writes a to the folder dir in PEFT's layout, with f in dylora.json unless f is
// nil. The folder appears whole or not at all. One that exists is fault.Usage.
func Save(dir string, a *Adapter, f *Facts) error { return save(disk{}, dir, a, f, false) }

// SaveOver is Save, but replaces an adapter that dylora wrote to dir before. Until the new
// one is on the disk the old one stays; then they change places in one step (on Linux).
func SaveOver(dir string, a *Adapter, f *Facts) error { return save(disk{}, dir, a, f, true) }

// content is one file of the folder.
type content struct {
	name string
	data []byte
}

func save(d files, dir string, a *Adapter, f *Facts, over bool) error {
	contents, err := encode(a, f)
	if err != nil {
		return fmt.Errorf("cannot save the adapter to %s: %w", dir, err)
	}
	exists, err := occupied(dir, over)
	if err != nil {
		return err
	}
	if err := commit(d, filepath.Clean(dir), contents, exists); err != nil {
		return fmt.Errorf("cannot save the adapter to %s: %w", dir, err)
	}
	return nil
}

// encode makes the folder's files, after checking that Load will take them.
func encode(a *Adapter, f *Facts) ([]content, error) {
	sorted := *a
	sorted.Sites = slices.Clone(a.Sites)
	if a = &sorted; len(a.Sites) == 0 {
		return nil, errors.New("it has no sites")
	}
	if err := a.sort(); err != nil {
		return nil, err
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	model := ""
	if f != nil {
		g := *f
		g.Rank, g.Alpha = a.Rank, a.Alpha
		f, model = &g, g.Model
	}
	config, err := encodeConfig(a, model)
	if err != nil {
		return nil, err
	}
	weights, err := encodeWeights(a, f)
	if err != nil {
		return nil, err
	}
	contents := []content{{configName, config}, {weightsName, weights}}
	if f != nil {
		b, err := f.encode()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", factsName, err)
		}
		contents = append(contents, content{factsName, append(b, '\n')})
	}
	return contents, nil
}

// check holds an adapter in memory against its own shapes.
func (a *Adapter) check() error {
	if a.Rank < 1 || !(a.Alpha > 0) || math.IsInf(a.Alpha, 1) {
		return fmt.Errorf("rank %d and alpha %v must be above 0", a.Rank, a.Alpha)
	}
	for _, s := range a.Sites {
		if _, ok := parsePlace(s.Name); !ok {
			return fmt.Errorf("site %q is not a module that can be adapted", s.Name)
		}
		if len(s.A) != a.Rank*s.In || len(s.B) != s.Out*a.Rank || len(s.A) == 0 || len(s.B) == 0 {
			return fmt.Errorf("site %s: %d values in A, %d in B for rank %d, in %d, out %d", s.Name, len(s.A), len(s.B), a.Rank, s.In, s.Out)
		}
	}
	_, err := sortHead(a.Head, false)
	return err
}

// occupied tells whether dir exists, and refuses one that may not be replaced: with over,
// all but an empty folder and one that holds an adapter of dylora's and nothing else.
func occupied(dir string, over bool) (bool, error) {
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("cannot save the adapter: %w", err)
	case !over:
		return true, fault.Usagef("%s exists; remove it or give another folder", dir)
	case !info.IsDir():
		return true, fault.Usagef("%s exists and is not a folder; remove it or give another", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return true, fmt.Errorf("cannot save the adapter: %w", err)
	}
	ours := len(entries) == 0
	for _, e := range entries {
		if !slices.Contains([]string{configName, weightsName, factsName}, e.Name()) {
			return true, fault.Usagef("%s holds %s, which is not part of an adapter; give another folder", dir, e.Name())
		}
		ours = ours || e.Name() == factsName
	}
	if !ours {
		return true, fault.Usagef("%s holds an adapter that dylora did not write; give another folder", dir)
	}
	return true, nil
}

// commit makes dir hold contents, all or nothing: a folder beside it is filled and flushed
// to the disk, takes its place, and the parent is flushed. On an error the steps done are
// taken back.
func commit(d files, dir string, contents []content, exists bool) (err error) {
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
	if exists {
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

// fill writes contents into folder and flushes them to the disk.
func fill(d files, folder string, contents []content) error {
	for _, c := range contents {
		if err := d.Write(filepath.Join(folder, c.name), c.data); err != nil {
			return err
		}
	}
	return d.Sync(folder)
}
