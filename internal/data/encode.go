package data

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// Sequencer turns an example's texts into the token ids of one sequence, special tokens
// included, of at most maxLength (0: any length), and their types: nil where all are 0.
// Encode calls it from several goroutines.
type Sequencer interface {
	Sequence(a string, b *string, maxLength int) (ids, types []int32)
}

// Encoded is an example as the model sees it.
type Encoded struct {
	Index int     // place in the split, from 0
	IDs   []int32 // read-only
	Types []int32 // of the tokens, read-only; nil: all are 0
	Class int32
	Score float32

	Targets []float32 // of Example, read-only
}

// chunkSize is the number of examples that are tokenised at a time: about a millisecond.
const chunkSize = 64

// Stream gives the encoded examples of a split in any order, while they are being
// tokenised in the background. It is safe for concurrent use.
type Stream struct {
	tokenizer Sequencer
	examples  []Example
	maxLength int
	encoded   []Encoded
	chunks    []sync.Once // chunk c holds examples c·chunkSize and on

	next   atomic.Int64 // next chunk for the workers
	cancel context.CancelFunc
	work   sync.WaitGroup
}

// Encode starts to tokenise the examples, chunk by chunk from the first, on all cores. It
// stops when ctx is done or at Close; what is asked for after that, or before its turn has
// come, is tokenised by the one who asks. So training starts at once, in any order.
func Encode(ctx context.Context, tok Sequencer, examples []Example, maxLength int) *Stream {
	s := &Stream{
		tokenizer: tok, examples: examples, maxLength: maxLength,
		encoded: make([]Encoded, len(examples)),
		chunks:  make([]sync.Once, (len(examples)+chunkSize-1)/chunkSize),
	}
	ctx, s.cancel = context.WithCancel(ctx)
	for range min(runtime.GOMAXPROCS(0), len(s.chunks)) {
		s.work.Go(func() { s.ahead(ctx) })
	}
	return s
}

// ahead tokenises chunks until none is left or ctx is done.
func (s *Stream) ahead(ctx context.Context) {
	for ctx.Err() == nil {
		c := int(s.next.Add(1)) - 1
		if c >= len(s.chunks) {
			return
		}
		s.fill(c)
	}
}

// fill tokenises chunk c unless that is done; if another does it just now, it waits.
func (s *Stream) fill(c int) {
	s.chunks[c].Do(func() {
		for i := c * chunkSize; i < min((c+1)*chunkSize, len(s.examples)); i++ {
			e := s.examples[i]
			ids, types := s.tokenizer.Sequence(e.A, e.B, s.maxLength)
			s.encoded[i] = Encoded{e.Index, ids, types, e.Class, e.Score, e.Targets}
		}
	})
}

// Len is the number of examples.
func (s *Stream) Len() int { return len(s.examples) }

// At is example i, from 0 to Len-1.
func (s *Stream) At(i int) Encoded {
	s.fill(i / chunkSize)
	return s.encoded[i]
}

// Close stops the background work and waits for it. The stream can still be read.
func (s *Stream) Close() {
	s.cancel()
	s.work.Wait()
}
