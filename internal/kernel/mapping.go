package kernel

import (
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"
)

// Mapping is memory that a file is mapped to. Where somebody truncates the file, that memory
// can no longer be read; see Machine.Map.
type Mapping struct {
	memory []byte
	lost   atomic.Bool
}

// Lost says whether a part of the memory could not be read: what was computed from then on is
// worthless. Of a nil Mapping it is false.
func (m *Mapping) Lost() bool { return m != nil && m.lost.Load() }

// holds says whether an address lies in the memory.
func (m *Mapping) holds(addr uintptr) bool {
	start := addressOf(m.memory)
	return addr >= start && addr-start < uintptr(len(m.memory))
}

func addressOf(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

// Map tells the machine, and those that WithThreads makes and has made of it, that b is the
// memory of a file. Where a body of Parallel, and so a product with an adopted weight, cannot
// read it, the process does not end: the body does, and the Mapping is Lost.
func (mc *Machine) Map(b []byte) *Mapping {
	m := &Mapping{memory: b}
	mc.pool.mappings.add(m)
	return m
}

// mappings are those of a machine and of its relatives.
type mappings struct {
	mu   sync.Mutex
	list atomic.Pointer[[]*Mapping] // replaced, never changed; nil: none
}

func (s *mappings) add(m *Mapping) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []*Mapping
	if old := s.list.Load(); old != nil {
		list = slices.Clone(*old)
	}
	list = append(list, m)
	s.list.Store(&list)
}

// call calls body; a fault in mapped memory ends it early and is noted. There the system
// sends SIGBUS, which Go turns into a panic on goroutines that ask for it.
func (s *mappings) call(body func(lo, hi int), lo, hi int) {
	if s.list.Load() != nil {
		defer s.note(debug.SetPanicOnFault(true))
	}
	body(lo, hi)
}

// note restores what a goroutine does on a fault, and notes a fault in mapped memory. Any
// other panic goes on.
func (s *mappings) note(before bool) {
	debug.SetPanicOnFault(before)
	r := recover()
	if r == nil {
		return
	}
	if fault, ok := r.(interface{ Addr() uintptr }); ok {
		for _, m := range *s.list.Load() {
			if m.holds(fault.Addr()) {
				m.lost.Store(true)
				return
			}
		}
	}
	panic(r)
}
