//go:build linux

package files

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/dylora/dylora/internal/torture/filetrace"
)

// volatile is a disk below a folder that was empty, as operations leave it, and what of it has
// been flushed. The content of a file counts once the file was flushed, and a change of a folder's entries
// once the folder was, whatever was flushed beside it. Before that a file has any first part of its changes, and
// of a folder's changes any may have been made, in any order, each whole.
type volatile struct {
	root string
	top  *node
}

// node is a file, a link or a folder: what it is now, what was flushed of it, and the changes since.
type node struct {
	link    string // of a symbolic link
	data    []byte // of a file
	entries map[string]*node

	flushedData    []byte
	flushedEntries map[string]*node
	writes         []filetrace.Op
	changes        []map[string]*node // nil: removed
}

func newFolder() *node { return &node{entries: map[string]*node{}, flushedEntries: map[string]*node{}} }

func newVolatile(root string) *volatile { return &volatile{root: root, top: newFolder()} }

// find is what is at a path, and the folder that it is in; both may be nil.
func (v *volatile) find(path string) (parent, at *node, name string) {
	in, err := filepath.Rel(v.root, path)
	if err != nil || !filepath.IsLocal(in) {
		return nil, nil, ""
	}
	at = v.top
	if in == "." {
		return nil, at, ""
	}
	for _, name = range strings.Split(in, "/") {
		if parent = at; parent == nil || parent.entries == nil {
			return nil, nil, name
		}
		at = parent.entries[name]
	}
	return parent, at, name
}

// change changes entries of a folder, all at once or not at all.
func (n *node) change(c map[string]*node) {
	for name, x := range c {
		if x == nil {
			delete(n.entries, name)
		} else {
			n.entries[name] = x
		}
	}
	n.changes = append(n.changes, c)
}

// content changes a file's content.
func (n *node) content(o filetrace.Op) {
	n.data = changed(n.data, o, len(o.Data))
	n.writes = append(n.writes, o)
}

// changed is a content after an operation of which so many bytes are there.
func changed(data []byte, o filetrace.Op, length int) []byte {
	data = slices.Clone(data)
	if o.Kind != filetrace.Write {
		n := int(o.Offset)
		return append(data[:min(n, len(data))], make([]byte, max(0, n-len(data)))...)
	}
	end := int(o.Offset) + length
	if end > len(data) {
		data = append(data, make([]byte, end-len(data))...)
	}
	copy(data[o.Offset:], o.Data[:length])
	return data
}

// apply makes an operation, unless it has failed.
func (v *volatile) apply(o filetrace.Op) error {
	if o.Result < 0 {
		return nil
	}
	parent, at, name := v.find(o.Path)
	if parent == nil && o.Path != v.root {
		return fmt.Errorf("%v: there is no such folder", o)
	}
	switch o.Kind {
	case filetrace.Open:
		if at == nil {
			parent.change(map[string]*node{name: {}})
		} else if at != nil && o.Flags&unix.O_TRUNC != 0 {
			at.content(filetrace.Op{Kind: filetrace.Truncate})
		}
		return nil
	case filetrace.Mkdir:
		parent.change(map[string]*node{name: newFolder()})
		return nil
	case filetrace.Symlink:
		parent.change(map[string]*node{name: {link: o.To}})
		return nil
	case filetrace.Lock, filetrace.Close, filetrace.Chmod, filetrace.Map:
		return nil
	}
	if at == nil {
		return fmt.Errorf("%v: there is no such file", o)
	}
	switch o.Kind {
	case filetrace.Write, filetrace.Truncate:
		at.content(o)
	case filetrace.Sync:
		at.flushedData, at.writes = at.data, nil
		at.flushedEntries, at.changes = maps.Clone(at.entries), nil
	case filetrace.Unlink, filetrace.Rmdir:
		parent.change(map[string]*node{name: nil})
	case filetrace.Rename, filetrace.Link:
		return v.move(o, parent, at, name)
	}
	return nil
}

// move makes a rename or a link. Within a folder it is one change, between two it is one of each.
func (v *volatile) move(o filetrace.Op, parent, at *node, name string) error {
	to, there, as := v.find(o.To)
	if to == nil {
		return fmt.Errorf("%v: there is no such folder", o)
	}
	from, into := map[string]*node{name: nil}, map[string]*node{as: at}
	switch {
	case o.Kind == filetrace.Link:
		from = nil
	case o.Flags&unix.RENAME_EXCHANGE != 0:
		from = map[string]*node{name: there}
	}
	if parent == to {
		maps.Copy(from, into)
		to.change(from)
		return nil
	}
	to.change(into)
	if from != nil {
		parent.change(from)
	}
	return nil
}

// crash writes one of the states in which the disk may be found after the power came back to dir.
func (v *volatile) crash(random *rand.Rand, dir string) error { return v.top.found(random, dir) }

func (n *node) found(random *rand.Rand, path string) error {
	switch {
	case n.link != "":
		return os.Symlink(n.link, path)
	case n.entries == nil:
		return os.WriteFile(path, n.foundData(random), 0o666)
	}
	if err := os.MkdirAll(path, 0o777); err != nil {
		return err
	}
	entries, changes := maps.Clone(n.flushedEntries), slices.Clone(n.changes)
	random.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
	for _, c := range changes[:random.IntN(len(changes)+1)] {
		maps.Copy(entries, c)
	}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if x := entries[name]; x != nil {
			if err := x.found(random, filepath.Join(path, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// foundData is a content that a file may have: what was flushed, some of the changes since, and a part of the
// next, of which the system may have noted the length and not written the bytes.
func (n *node) foundData(random *rand.Rand) []byte {
	data := n.flushedData
	made := random.IntN(len(n.writes) + 1)
	for _, o := range n.writes[:made] {
		data = changed(data, o, len(o.Data))
	}
	if made == len(n.writes) || n.writes[made].Kind != filetrace.Write {
		return data
	}
	next := n.writes[made]
	if random.IntN(3) == 0 {
		next.Data = bytes.Repeat([]byte{0}, len(next.Data))
	}
	return changed(data, next, random.IntN(len(next.Data)+1))
}
