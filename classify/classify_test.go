package classify_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dylora/dylora/classify"
	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/models"
)

// save writes an adapter of the built-in model with random weights, and gives its folder.
func save(t testing.TB, rank int, seed uint64, p adapter.Provenance, change func(a *adapter.Adapter), targets ...string) string {
	t.Helper()
	m := mini(t)
	projections, err := m.Projections(targets)
	must(t, err)
	a, err := adapter.New(rank, 16, adapter.Paper, projections, m.Head(max(1, len(p.Labels)), seed), seed)
	must(t, err)
	random := rand.New(rand.NewPCG(seed, 1))
	for i := range a.Modules {
		for k := range a.Modules[i].B {
			a.Modules[i].B[k] = random.Float32() / 10
		}
	}
	if change != nil {
		change(a)
	}
	p.Model, p.ModelHash = "mini", m.Hash
	dir := filepath.Join(t.TempDir(), "adapter")
	must(t, adapter.Save(dir, a, &p, adapter.SaveOptions{}))
	return dir
}

// mini is the built-in model, loaded once.
func mini(t testing.TB) *model.Model {
	t.Helper()
	m, err := loaded()
	must(t, err)
	return m
}

var loaded = sync.OnceValues(func() (*model.Model, error) {
	return model.Load(models.Mini(), "mini", model.LoadOptions{Machine: kernel.At(kernel.Levels()[len(kernel.Levels())-1], 1)})
})

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// provenance of tasks of the user's own files.
func provenance(labels ...string) adapter.Provenance {
	return adapter.Provenance{Task: "file:train.csv", Labels: labels, TextColumn: "text", LabelColumn: "label"}
}

// heads gives an adapter a head for each rank.
func heads(t testing.TB) func(a *adapter.Adapter) {
	return func(a *adapter.Adapter) {
		t.Helper()
		must(t, a.GrowHeads())
		for _, h := range a.Heads {
			for i := range h.Data {
				h.Data[i] += float32(i*13%17-8) / 30
			}
		}
	}
}

// four are adapters of different ranks, modules and heads.
func four(t testing.TB) map[string]string {
	t.Helper()
	regression := provenance()
	regression.Regression, regression.Labels = true, nil
	return map[string]string{
		"two":    save(t, 8, 1, provenance("no", "yes"), nil, "query", "value"),
		"three":  save(t, 4, 2, provenance("a", "b", "c"), nil, "output.dense"),
		"heads":  save(t, 3, 3, provenance("x", "y"), heads(t), "query", "key"),
		"number": save(t, 16, 4, regression, nil, "value"),
	}
}

// sample is texts of different lengths.
func sample(n int) (texts []string) {
	words := strings.Fields("the film was a good bad dull fine warm plot story I liked hated it not very really slow fast day")
	for i := range n {
		var b strings.Builder
		for k := range 1 + (i*7)%23 {
			b.WriteString(words[(i*5+k*3)%len(words)] + " ")
		}
		texts = append(texts, b.String())
	}
	return texts
}

func open(t testing.TB, o classify.Options) *classify.Classifier {
	t.Helper()
	c, err := classify.Open(context.Background(), o)
	must(t, err)
	t.Cleanup(func() { must(t, c.Close()) })
	return c
}

// executions collects what Observe is told.
type executions struct {
	lock sync.Mutex
	list []classify.Execution
}

func (e *executions) add(x classify.Execution) {
	e.lock.Lock()
	defer e.lock.Unlock()
	e.list = append(e.list, x)
}

// most is the largest number of something in one execution.
func (e *executions) most(of func(x classify.Execution) int) (most int) {
	e.lock.Lock()
	defer e.lock.Unlock()
	for _, x := range e.list {
		most = max(most, of(x))
	}
	return most
}

// One execution holds four adapters at different ranks with different heads, and every answer has the bits that the same text has
// when it is asked alone, of a classifier that has loaded nothing else.
func TestAdaptersShareExecutions(t *testing.T) {
	t.Parallel()
	folders := four(t)
	var seen executions
	c := open(t, classify.Options{Adapters: folders, Observe: seen.add})
	names := []string{"two", "three", "heads", "number"}
	largest := map[string]int{"two": 8, "three": 4, "heads": 3, "number": 16}
	each := func(i int) (string, int) { name := names[i%4]; return name, 1 + (i/4)%largest[name] }
	texts := sample(48)
	got, err := c.Classify(t.Context(), classify.Texts(texts...), classify.WithEach(each))
	must(t, err)
	for what, most := range map[string]int{
		"adapters": seen.most(func(x classify.Execution) int { return x.Adapters }),
		"ranks":    seen.most(func(x classify.Execution) int { return x.Ranks }),
		"heads":    seen.most(func(x classify.Execution) int { return x.Heads }),
	} {
		if most < 4 {
			t.Errorf("at most %d %s in one execution", most, what)
		}
	}
	for _, name := range names {
		alone := open(t, classify.Options{Adapters: map[string]string{"it": folders[name]}})
		for i, text := range texts {
			n, rank := each(i)
			if n != name {
				continue
			}
			want, err := alone.Classify(t.Context(), classify.Texts(text), classify.WithRank(rank))
			must(t, err)
			if !slices.Equal(got[i].Logits, want[0].Logits) || got[i].Label != want[0].Label || got[i].Adapter != name || got[i].Rank != rank {
				t.Errorf("text %d of %s at rank %d: %+v, alone %+v", i, name, rank, got[i], want[0])
			}
		}
	}
}

// Concurrent calls get their own answers, while adapters come and go.
func TestManyCallers(t *testing.T) {
	t.Parallel()
	folders := four(t)
	c := open(t, classify.Options{Adapters: folders, MaxTokens: 200})
	texts := sample(12)
	want := map[string][]classify.Result{}
	for name := range folders {
		r, err := c.Classify(t.Context(), classify.Texts(texts...), classify.WithAdapter(name), classify.WithRank(2))
		must(t, err)
		want[name] = r
	}
	ctx, stop := context.WithCancel(t.Context())
	var changes sync.WaitGroup
	changes.Go(func() {
		for ctx.Err() == nil {
			if _, err := c.Load(context.Background(), "extra", folders["two"], 4); err != nil {
				t.Error(err)
			}
			if r, err := c.Classify(context.Background(), classify.Texts(texts...), classify.WithAdapter("extra")); err != nil || r[0].Rank != 4 {
				t.Error(err)
			}
			if err := c.Unload(context.Background(), "extra"); err != nil {
				t.Error(err)
			}
		}
	})
	var callers sync.WaitGroup
	for k := range 16 {
		callers.Go(func() {
			for i := range 10 {
				name := slices.Sorted(maps.Keys(folders))[(k+i)%4]
				from := (k * 5) % 12
				got, err := c.Classify(t.Context(), classify.Texts(texts[from:]...), classify.WithAdapter(name), classify.WithRank(2))
				if err != nil {
					t.Error(err)
					return
				}
				for n, r := range got {
					if !slices.Equal(r.Logits, want[name][from+n].Logits) {
						t.Errorf("%s, text %d: another answer than alone", name, from+n)
					}
				}
			}
		})
	}
	callers.Wait()
	stop()
	changes.Wait()
	if n := c.Queued(); n != 0 {
		t.Errorf("%d texts are still queued", n)
	}
}
