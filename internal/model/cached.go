package model

import (
	"io/fs"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/packed"
)

// cached is what a cache knows of a checkpoint in one precision.
type cached struct {
	o     LoadOptions
	files []fs.FileInfo
	known string       // the content's hash, where it is remembered
	file  *packed.File // nil: nothing
	hash  func() (string, error)

	damage error // why a file that was there is not used
}

// lookUp finds the packed weights of the checkpoint, and begins to hash its content unless
// the cache remembers the hash.
func (c *checkpoint) lookUp(o LoadOptions) *cached {
	k := &cached{o: o}
	size := int64(0)
	for _, s := range c.shards {
		k.files, size = append(k.files, s.info), size+s.size
	}
	if o.Cache != nil && size < o.Cache.Least {
		k.o.Cache = nil
	}
	if k.known = k.o.Cache.Recall(k.files); k.known == "" {
		k.hash = c.hash()
		return k
	}
	k.hash = func() (string, error) { return k.known, nil }
	k.file, k.damage = k.o.Cache.Open(k.key(k.known))
	return k
}

// key names weights by their content and by how they are packed.
func (k *cached) key(hash string) string { return hash + " " + k.o.Machine.Packing(k.o.Precision) }

// keep writes what the cache did not have. That fails where the cache cannot be written,
// or the disk is full: then the next run packs again.
func (k *cached) keep(blobs []packed.Blob) {
	if k.o.Cache == nil || len(blobs) == 0 {
		return
	}
	hash, err := k.hash()
	if err == nil {
		err = k.o.Cache.Remember(k.files, hash)
	}
	if err == nil {
		_ = k.o.Cache.Write(k.key(hash), blobs)
	}
}

// mapped is the file that weights are read from while the model computes; zero if there is
// none.
type mapped struct {
	file   *packed.File
	memory *kernel.Mapping
}

// mapFile lets the machine survive that the file is truncated.
func mapFile(mc *kernel.Machine, f *packed.File) mapped {
	if f == nil {
		return mapped{}
	}
	return mapped{file: f, memory: mc.Map(f.Data())}
}

// lost is fault.Invalid if the mapped weights could not be read, or may not have been what
// they were: then nothing that was computed counts. The rest of the last page of a truncated
// file reads as zeros without a fault, so its size is compared, too.
func (m *mapped) lost() error {
	err := m.file.Lost()
	switch {
	case err != nil:
		return fault.Invalidf("cached weights: %w: somebody changed it while it was used; run again", err)
	case m.memory.Lost():
		return fault.Invalidf("cached weights: %s: cannot be read: its disk fails, or somebody changed it while it was used; run again", m.file.Path())
	}
	return nil
}
