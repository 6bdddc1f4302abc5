package disktest

import (
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/disk"
)

// Volatile is a disk that loses power. It works as disk.Real does, and keeps beside it
// what has reached the platters: a change of a folder's entries counts only once the
// folder was flushed; before, any part of the changes may be there, in any order. After
// Limit steps it fails for good.
type Volatile struct {
	Limit int // steps; 0: none
	Rand  *rand.Rand

	root  string
	top   *entry
	steps int
}

// entry is a file, or a folder with what it holds now, what it held when it was flushed,
// and the changes since.
type entry struct {
	data    []byte
	now     map[string]*entry // nil for a file
	flushed map[string]*entry
	changes []map[string]*entry // each happens whole or not at all; nil removes
}

// ErrPower is what every step returns once the power is gone.
var ErrPower = errors.New("no power")

// NewVolatile is a disk of what is under the folder root, which is empty.
func NewVolatile(root string, random *rand.Rand) *Volatile {
	return &Volatile{root: root, top: newFolder(), Rand: random}
}

func newFolder() *entry { return &entry{now: map[string]*entry{}, flushed: map[string]*entry{}} }

func (e *entry) change(c map[string]*entry) {
	for name, x := range c {
		if x == nil {
			delete(e.now, name)
		} else {
			e.now[name] = x
		}
	}
	e.changes = append(e.changes, c)
}

// step does something if there is still power.
func (d *Volatile) step(do func() error) error {
	d.steps++
	if d.Limit > 0 && d.steps > d.Limit {
		return ErrPower
	}
	return do()
}

// parent is the folder that holds path, and path's name in it.
func (d *Volatile) parent(path string) (*entry, string) {
	in, err := filepath.Rel(d.root, path)
	if err != nil {
		panic(err) // a test's own mistake
	}
	at, parts := d.top, strings.Split(filepath.ToSlash(in), "/")
	for _, name := range parts[:len(parts)-1] {
		next := at.now[name]
		if next == nil { // made by os.MkdirAll, on the disk long before
			next = newFolder()
			at.now[name], at.flushed[name] = next, next
		}
		at = next
	}
	return at, parts[len(parts)-1]
}

// Mkdir is a step.
func (d *Volatile) Mkdir(path string) error {
	return d.step(func() error {
		p, name := d.parent(path)
		p.change(map[string]*entry{name: newFolder()})
		return disk.Real{}.Mkdir(path)
	})
}

// Write is a step; one without power leaves some of the bytes.
func (d *Volatile) Write(path string, b []byte) error {
	p, name := d.parent(path)
	err := d.step(func() error {
		p.change(map[string]*entry{name: {data: b}})
		return disk.Real{}.Write(path, b)
	})
	if err != nil && d.steps == d.Limit+1 {
		p.change(map[string]*entry{name: {data: b[:d.Rand.IntN(len(b)+1)]}})
	}
	return err
}

// Sync is a step.
func (d *Volatile) Sync(folder string) error {
	return d.step(func() error {
		p, _ := d.parent(filepath.Join(folder, "x"))
		p.flushed, p.changes = maps.Clone(p.now), nil
		return disk.Real{}.Sync(folder)
	})
}

// Rename is a step.
func (d *Volatile) Rename(from, to string) error {
	return d.step(func() error {
		p, a := d.parent(from)
		q, b := d.parent(to)
		if p != q {
			panic("a rename from one folder to another")
		}
		p.change(map[string]*entry{b: p.now[a], a: nil})
		return disk.Real{}.Rename(from, to)
	})
}

// Exchange is a step.
func (d *Volatile) Exchange(from, to string) error {
	return d.step(func() error {
		p, a := d.parent(from)
		_, b := d.parent(to)
		p.change(map[string]*entry{a: p.now[b], b: p.now[a]})
		return disk.Real{}.Exchange(from, to)
	})
}

// RemoveAll is a step. Its parts reach the platters one by one.
func (d *Volatile) RemoveAll(path string) error {
	return d.step(func() error {
		p, name := d.parent(path)
		if x := p.now[name]; x != nil {
			for _, inner := range slices.Sorted(maps.Keys(x.now)) {
				x.change(map[string]*entry{inner: nil})
			}
			p.change(map[string]*entry{name: nil})
		}
		return disk.Real{}.RemoveAll(path)
	})
}

// Crash writes one of the states in which the disk may be found after the power came
// back into a folder.
func (d *Volatile) Crash(dir string) error { return d.found(d.top, dir) }

func (d *Volatile) found(e *entry, path string) error {
	if e.now == nil {
		return os.WriteFile(path, e.data, 0o666)
	}
	if err := os.MkdirAll(path, 0o777); err != nil {
		return err
	}
	entries := maps.Clone(e.flushed)
	changes := slices.Clone(e.changes)
	d.Rand.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
	for _, c := range changes[:d.Rand.IntN(len(changes)+1)] {
		maps.Copy(entries, c)
	}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if entries[name] == nil {
			continue
		}
		if err := d.found(entries[name], filepath.Join(path, name)); err != nil {
			return err
		}
	}
	return nil
}
