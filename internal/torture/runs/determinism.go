package runs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/packed"
	"github.com/dylora/dylora/internal/torture/row"
)

// kernelBounds are the largest differences between two kernels that are promised, as a share of the largest number: of logits, and of the gradients of a step.
// In float32 sums differ by the order of their terms. In i16 the sums of integers are equal, but an input whose float32 differs in its last bit may be rounded to
// another integer, one part in 32,767 of its row's largest: the bound is what the precision itself may be off.
var kernelBounds = map[kernel.Precision]float64{kernel.Float32: 1e-5, kernel.I16: 1e-3}

// determinism compares bits: across numbers of threads, packings and capacities, with the packed cache and without, of interrupted and
// uninterrupted runs; and numbers across kernels.
func determinism(t *row.Trial) error {
	models := []string{"bert", "roberta", "distilbert", "electra", "camembert-quick-gelu"}
	precisions := []kernel.Precision{kernel.Float32, kernel.I16}
	kinds := []struct {
		name string
		try  func(t *row.Trial, dir, model string, p kernel.Precision, seed uint64) error
		of   int

		binary bool // it runs the program under test
	}{{"threads", threads, 10, true}, {"packings", packings, 10, false}, {"packed cache", fromCache, 6, false}, {"kernels", kernels, 4, false}, {"resumed", resumed, 10, true}}
	for _, i := range t.Pick(40) {
		at := i
		for _, k := range kinds {
			if at >= k.of {
				at -= k.of
				continue
			}
			model, p, seed := models[at%len(models)], precisions[at/len(models)%2], uint64(t.Random.IntN(1e6))
			if k.binary { // which needs a tokenizer
				model, p = models[at%2], precisions[at/2%2]
			} else if k.of < 10 {
				p = precisions[at%2]
			}
			t.Case(fmt.Sprintf("%s, %s in %s, seed %d", k.name, model, p, seed), func(dir string) error { return k.try(t, dir, model, p, seed) })
			break
		}
	}
	return nil
}

// threads trains on 1 to 4 threads.
func threads(t *row.Trial, dir, model string, p kernel.Precision, seed uint64) error {
	var want map[string][]byte
	for n := 1; n <= 4; n++ {
		own, err := subfolder(dir, fmt.Sprint(n))
		if err != nil {
			return err
		}
		// A processor for each thread, whatever this machine has.
		args := short(encoder(t, model), 8, "--seed", fmt.Sprint(seed), "--precision", p.String(), "--threads", fmt.Sprint(n))
		if _, err := succeed(t, own, []string{"GOMAXPROCS=4"}, args...); err != nil {
			return err
		}
		got, err := files(own)
		if err != nil {
			return err
		}
		if want == nil {
			want = got
		}
		if err := same(want, got); err != nil {
			return fmt.Errorf("%d threads: %w", n, err)
		}
	}
	return nil
}

// packings computes each sequence alone, with others before and behind it, and in a graph of a larger capacity, and gradients of a batch in
// graphs of several capacities.
func packings(t *row.Trial, _, model string, p kernel.Precision, seed uint64) (err error) {
	mc, err := kernel.New("", 2)
	if err != nil {
		return err
	}
	fresh := func() (*subject, error) { return newSubject(encoder(t, model), mc, p, nil, seed) }
	s, err := fresh()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	alone := map[int][]float32{}
	for _, i := range s.all() { // the capacity grows with the longest so far
		if alone[i], err = s.logits([]int{i}); err != nil {
			return err
		}
	}
	for range 4 {
		order := t.Random.Perm(len(s.sequences))[:2+t.Random.IntN(len(s.sequences)-2)]
		together, err := s.logits(order)
		if err != nil {
			return err
		}
		for k, i := range order {
			if err := sameBits(fmt.Sprintf("logits of sequence %d in a batch of %d", i, len(order)), alone[i], together[k*outputs:(k+1)*outputs]); err != nil {
				return err
			}
		}
	}
	some := t.Random.Perm(len(s.sequences))[:4]
	small, err := s.gradients(some)
	if err != nil {
		return err
	}
	if _, err := s.gradients(s.all()); err != nil { // compiles a larger graph
		return err
	}
	large, err := s.gradients(some)
	if err != nil {
		return err
	}
	return sameBits("gradients in a larger graph", small, large)
}

// fromCache loads an encoder without a cache, with an empty one and from what that has kept then.
func fromCache(t *row.Trial, dir, model string, p kernel.Precision, seed uint64) error {
	mc, err := kernel.New("", 2)
	if err != nil {
		return err
	}
	cache := &packed.Cache{Dir: filepath.Join(dir, "packed"), Limit: 1 << 30}
	var want []float32
	for _, from := range []struct {
		what  string
		cache *packed.Cache
	}{{"no cache", nil}, {"an empty cache", cache}, {"the cache", cache}} {
		s, err := newSubject(encoder(t, model), mc, p, from.cache, seed)
		if err != nil {
			return err
		}
		got, err := s.logits(s.all())
		if err != nil {
			return err
		}
		learnt, err := s.gradients(s.all())
		if err != nil {
			return err
		}
		if got = append(got, learnt...); want == nil {
			want = got
		}
		if err := sameBits("with "+from.what, want, got); err != nil {
			return err
		}
		if err := s.Close(); err != nil {
			return err
		}
	}
	kept, err := os.ReadDir(cache.Dir)
	if err == nil && len(kept) == 0 {
		err = errors.New("the cache has kept nothing")
	}
	return err
}

// kernels compares the numbers of all kernels of this machine with those of the portable one.
func kernels(t *row.Trial, _, model string, p kernel.Precision, seed uint64) error {
	var logits, learnt []float32
	for _, name := range kernel.Names() {
		mc, err := kernel.New(name, 2)
		if err != nil {
			return err
		}
		s, err := newSubject(encoder(t, model), mc, p, nil, seed)
		if err != nil {
			return err
		}
		of, err := s.logits(s.all())
		if err != nil {
			return err
		}
		gradients, err := s.gradients(s.all())
		if err != nil {
			return err
		}
		if logits == nil {
			logits, learnt = of, gradients
			continue
		}
		forward, err := apart(logits, of)
		if err != nil {
			return err
		}
		backward, err := apart(learnt[1:], gradients[1:])
		if err != nil {
			return err
		}
		t.Printf("%s in %s, %s: logits differ from the portable ones by %.1e of the largest, gradients by %.1e", model, p, name, forward, backward)
		if bound := kernelBounds[p]; forward > bound || backward > bound {
			return fmt.Errorf("%s: more than %.0e", name, bound)
		}
	}
	return nil
}
