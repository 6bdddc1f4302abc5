package packed

import (
	"math/rand/v2"
	"os"
	"testing"
)

// BenchmarkOpen maps and verifies a file of RoBERTa-base's size, which is in the system's
// cache of files, and beside it reads one as a whole.
func BenchmarkOpen(b *testing.B) {
	c := &Cache{Dir: b.TempDir(), Limit: 1 << 40}
	source := rand.NewChaCha8([32]byte{1})
	large := make([]byte, 496<<20)
	_, _ = source.Read(large) // cannot fail
	if err := c.Write("k", []Blob{{"words", [][]byte{large[:154<<20]}}, {"layers", [][]byte{large[154<<20:]}}}); err != nil {
		b.Fatal(err)
	}
	b.Run("verify", func(b *testing.B) {
		b.SetBytes(int64(len(large)))
		for b.Loop() {
			f, err := c.Open("k")
			if f == nil || err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			unmap(f.data)
			b.StartTimer()
		}
	})
	b.Run("read", func(b *testing.B) {
		b.SetBytes(int64(len(large)))
		for b.Loop() {
			if _, err := os.ReadFile(c.path("k")); err != nil {
				b.Fatal(err)
			}
		}
	})
}
