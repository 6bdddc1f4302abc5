// Package pickle reads the weights that torch.save wrote: pytorch_model.bin and the like, a
// zip archive of a pickle and the bytes of the tensors (PyTorch 1.6 and later).
//
// A pickle is a program for a stack machine that may call any Python function, and so a
// file of weights may run anything (CVE-2025-32434). This machine knows no Python: it has
// the few operations that writing tensors takes, and of functions only three kinds, which
// are built in (globals.go). A file that asks for anything else is refused by the name of
// what it asks for. Memory and work are bounded by the size of the file, see the limits
// below; no tensor's bytes are copied unless its memory has to be put in order.
//
//	archive.go   the zip file: where each entry's bytes are
//	machine.go   the operations, those with a value in literal.go
//	globals.go   what may be named and called
//	tensor.go    sizes, strides, storages
package pickle

import (
	"bytes"
	"os"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/lfs"
	"github.com/dylora/dylora/internal/safetensors"
)

const (
	maxDirectory  = 2 << 20 // bytes of the archive's directory: some 30,000 tensors
	maxProgram    = 8 << 20 // bytes of the pickle
	maxOperations = 1 << 18 // of the pickle: some 10,000 tensors
	maxDims       = 8       // of a tensor; weights have five at most
	maxShared     = 4       // bytes of all tensors together, in sizes of the file: tied weights count each time
)

// Read reads the file at path as Parse does.
func Read(path string) (*safetensors.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fault.Invalidf("cannot read weights: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fault.Invalidf("%s: not a regular file, so no weights", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Invalidf("cannot read weights: %w", err)
	}
	return Parse(path, b)
}

// Parse gives the tensors of a state dict, in its order, as if they had come from a
// safetensors file without metadata; name is the file's path, for messages. Data may alias
// b, and that of tensors which share a storage each other. Every error is fault.Invalid.
func Parse(name string, b []byte) (*safetensors.File, error) {
	if err := lfs.Check(name, b); err != nil {
		return nil, err
	}
	if legacy(b) {
		return nil, refuse(name, "written by PyTorch before 1.6, or without its zip format: load and save it again with a current PyTorch, best as safetensors")
	}
	a, err := openArchive(name, b)
	if err != nil {
		return nil, err
	}
	program, err := a.program()
	if err != nil {
		return nil, err
	}
	m := &machine{file: name, program: program, storages: storages{archive: a, size: len(b)}}
	root, err := m.run()
	if err != nil {
		return nil, err
	}
	return m.stateDict(root)
}

// legacy recognises the older format: a pickle of a magic number first, or a tar archive.
func legacy(b []byte) bool {
	return bytes.HasPrefix(b, []byte("\x80\x02\x8a\x0a")) || len(b) > 262 && bytes.Equal(b[257:262], []byte("ustar"))
}

// stateDict turns the value that the pickle describes into a list of named tensors.
func (m *machine) stateDict(root any) (*safetensors.File, error) {
	d, ok := root.(*dict)
	if !ok {
		return nil, refuse(m.file, "holds %s, not a state dict (names and tensors)", kind(root))
	}
	f, seen := &safetensors.File{}, map[string]bool{}
	for i, key := range d.keys {
		name, ok := key.(string)
		if !ok {
			return nil, refuse(m.file, "the key of entry %d is %s, not a tensor's name", i, kind(key))
		}
		t, ok := d.values[i].(*tensor)
		if !ok {
			return nil, refuse(m.file, "%s is %s, not a tensor: only a flat state dict is read, save model.state_dict()", quote(name), kind(d.values[i]))
		}
		if seen[name] {
			return nil, refuse(m.file, "two tensors are named %s", quote(name))
		}
		seen[name] = true
		f.Tensors = append(f.Tensors, safetensors.Tensor{Name: name, DType: t.dtype, Shape: t.shape, Data: t.data})
	}
	return f, nil
}
