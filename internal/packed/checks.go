package packed

import (
	"hash/crc32"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// block is how many bytes of a blob have a checksum of their own: small enough that the
// processors share the blocks of a large file evenly, large enough that the checksums of
// gigabytes fit in the header.
const block = 1 << 20

// checks are the CRC-32C of each block of a blob in parts; the last block may be shorter.
func checks(parts ...[]byte) (sums []uint32) {
	table, sum, room := crc32.MakeTable(crc32.Castagnoli), uint32(0), block
	for _, p := range parts {
		for len(p) > 0 {
			n := min(len(p), room)
			sum, room, p = crc32.Update(sum, table, p[:n]), room-n, p[n:]
			if room == 0 {
				sums, sum, room = append(sums, sum), 0, block
			}
		}
	}
	if room < block {
		sums = append(sums, sum)
	}
	return sums
}

// blocks is how many blocks a blob of that size has.
func blocks(size int64) int { return int((size + block - 1) / block) }

// piece is one block of a blob, and what its checksum must be.
type piece struct {
	blob  string
	bytes []byte
	sum   uint32
}

// intact compares the checksum; a block that cannot be read is not intact.
func (p piece) intact() bool {
	var sum uint32
	return readable(func() { sum = crc32.Checksum(p.bytes, crc32.MakeTable(crc32.Castagnoli)) }) && sum == p.sum
}

// readable lets read go through mapped memory, and says whether that could be read: it cannot
// be where somebody truncates the file meanwhile.
func readable(read func()) (ok bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			if _, fault := r.(interface{ Addr() uintptr }); !fault {
				panic(r)
			}
			ok = false
		}
	}()
	read()
	return true
}

// damaged reads every block of every blob, on all processors, and names a blob that is not
// as it was written; "" if all are.
func (f *File) damaged() string {
	var pieces []piece
	for name, e := range f.blobs {
		b := f.Blob(name)
		for _, sum := range e.Checks {
			n := min(len(b), block)
			pieces, b = append(pieces, piece{name, b[:n], sum}), b[n:]
		}
	}
	var next atomic.Int32
	var found atomic.Pointer[piece]
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(pieces)) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(pieces) && found.Load() == nil; i = int(next.Add(1)) - 1 {
				if !pieces[i].intact() {
					found.Store(&pieces[i])
				}
			}
		})
	}
	all.Wait()
	if p := found.Load(); p != nil {
		return p.blob
	}
	return ""
}
