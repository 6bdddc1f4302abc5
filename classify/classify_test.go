package classify_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dylora/dylora/classify"
	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/weights"
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
				name := slices.Sorted(maps(folders))[(k+i)%4]
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

func maps(m map[string]string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// TestErrors: each error has its code, and of a text alone only that text has one.
func TestErrors(t *testing.T) {
	t.Parallel()
	pairs := provenance("same", "other")
	pairs.PairColumn = "second"
	folders := four(t)
	folders["pairs"] = save(t, 2, 5, pairs, nil, "query")
	c := open(t, classify.Options{Adapters: folders})
	texts := classify.Texts("a", "b")
	for name, tt := range map[string]struct {
		options []classify.Option
		code    classify.Code
		says    string
	}{
		"none named":        {nil, classify.CodeNoAdapter, "several adapters are loaded: name one of heads, number, pairs, three, two"},
		"not loaded":        {[]classify.Option{classify.WithAdapter("five")}, classify.CodeNoAdapter, `no adapter "five" is loaded`},
		"rank 0":            {[]classify.Option{classify.WithAdapter("two"), classify.WithRank(0)}, classify.CodeRank, "rank 0 is not in 1 to 8"},
		"rank 9":            {[]classify.Option{classify.WithAdapter("two"), classify.WithRank(9)}, classify.CodeRank, "rank 9 is not in 1 to 8"},
		"no decision":       {[]classify.Option{classify.WithAdapter("two"), classify.WithRank(classify.AutoRank)}, classify.CodeRank, "no rank that dylora sweep chose"},
		"too many labels":   {[]classify.Option{classify.WithAdapter("two"), classify.WithTopK(3)}, classify.CodeOption, "has 2"},
		"no labels":         {[]classify.Option{classify.WithAdapter("two"), classify.WithTopK(0)}, classify.CodeOption, "1 or more"},
		"a threshold of 1":  {[]classify.Option{classify.WithAdapter("two"), classify.WithThreshold(1, "")}, classify.CodeOption, "below 1"},
		"a useless one":     {[]classify.Option{classify.WithAdapter("two"), classify.WithThreshold(0.5, "")}, classify.CodeOption, "never below"},
		"a label as unsure": {[]classify.Option{classify.WithAdapter("two"), classify.WithThreshold(0.9, "no")}, classify.CodeOption, `"no" is a label`},
		"a regression's":    {[]classify.Option{classify.WithAdapter("number"), classify.WithThreshold(0.9, "")}, classify.CodeOption, "regression"},
	} {
		_, err := c.Classify(t.Context(), texts, tt.options...)
		var e *classify.Error
		if !errors.As(err, &e) || e.Code != tt.code || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, tt := range map[string]struct{ good, bad classify.Text }{
		"two":   {classify.Texts("a")[0], classify.Pair("a", "b")},
		"pairs": {classify.Pair("a", ""), classify.Texts("a")[0]},
	} {
		r, err := c.Classify(t.Context(), []classify.Text{tt.good, tt.bad, tt.good}, classify.WithAdapter(name))
		var e *classify.Error
		if err != nil || r[0].Err != nil || r[2].Err != nil || !errors.As(r[1].Err, &e) || e.Code != classify.CodeText || r[1].Logits != nil {
			t.Errorf("%s: %v %+v", name, err, r)
		}
		if !slices.Equal(r[0].Logits, r[2].Logits) || r[0].Label == "" {
			t.Errorf("%s: %+v and %+v", name, r[0], r[2])
		}
	}
	for name, folder := range map[string]string{"two": folders["two"], "": folders["two"], "gone": filepath.Join(t.TempDir(), "nothing")} {
		code := map[string]classify.Code{"two": classify.CodeExists, "": classify.CodeOption, "gone": classify.CodeAdapter}[name]
		var e *classify.Error
		if _, err := c.Load(t.Context(), name, folder, 0); !errors.As(err, &e) || e.Code != code {
			t.Errorf("load %q: %v", name, err)
		}
	}
	var e *classify.Error
	if _, err := c.Load(t.Context(), "deep", folders["two"], 9); !errors.As(err, &e) || e.Code != classify.CodeRank {
		t.Errorf("default rank 9: %v", err)
	}
	if err := c.Unload(t.Context(), "five"); !errors.As(err, &e) || e.Code != classify.CodeNoAdapter {
		t.Errorf("unload: %v", err)
	}
	if r, err := c.Classify(t.Context(), nil, classify.WithAdapter("two")); err != nil || len(r) != 0 {
		t.Errorf("no texts: %v", err)
	}
}

// Options of answers.
func TestChoices(t *testing.T) {
	t.Parallel()
	c := open(t, classify.Options{Adapters: map[string]string{"three": save(t, 4, 2, provenance("a", "b", "c"), nil, "value")}, MaxLength: 8})
	ask := func(text string, o ...classify.Option) classify.Result {
		r, err := c.Classify(t.Context(), classify.Texts(text), o...)
		must(t, err)
		must(t, r[0].Err)
		return r[0]
	}
	all, top, unsure := ask("a film"), ask("a film", classify.WithTopK(2)), ask("a film", classify.WithThreshold(0.999, "?"))
	if len(all.Labels) != 3 || all.Labels[0].Name != "a" || len(top.Labels) != 2 || top.Labels[0].Name != all.Label || top.Labels[0].Probability != all.Probability {
		t.Errorf("%+v, the first two %+v", all, top)
	}
	if unsure.Label != "?" || unsure.Probability != all.Probability {
		t.Errorf("%+v", unsure)
	}
	if r := ask("a film", classify.WithLogits()); !slices.Equal(r.Logits, all.Logits) || r.Label != "" || r.Labels != nil {
		t.Errorf("%+v", r)
	}
	if long := ask(strings.Repeat("film ", 100)); !long.Truncated || long.Tokens != 8 || all.Truncated || all.Tokens < 3 {
		t.Errorf("%+v, and short %+v", long, all)
	}
	i := c.Adapters()
	if len(i) != 1 || i[0].Rank != 4 || i[0].Default != 4 || i[0].MaxLength != 8 || i[0].Kind != "classification" || i[0].Model != "mini" || i[0].Pair {
		t.Errorf("%+v", i)
	}
}

// A call whose context ends comes back at once; what others ask is answered.
func TestContextEnds(t *testing.T) {
	t.Parallel()
	c := open(t, classify.Options{Adapters: map[string]string{"two": save(t, 2, 1, provenance("no", "yes"), nil, "query")}, MaxWait: time.Hour, MaxTokens: 1 << 20})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Classify(ctx, classify.Texts("a")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	for c.Queued() > 0 {
		time.Sleep(time.Millisecond)
	}
	done := make(chan error)
	go func() {
		_, err := c.Classify(context.Background(), classify.Texts("b"))
		done <- err
	}()
	for c.Queued() == 0 {
		time.Sleep(time.Millisecond)
	}
	must(t, c.Close()) // does not wait the hour
	if err := <-done; err != nil {
		t.Errorf("a call from before the end: %v", err)
	}
	var e *classify.Error
	if _, err := c.Classify(t.Context(), classify.Texts("c")); !errors.As(err, &e) || e.Code != classify.CodeClosed {
		t.Errorf("%v", err)
	}
	if _, err := c.Load(t.Context(), "more", classify.Sentiment, 0); !errors.As(err, &e) || e.Code != classify.CodeClosed {
		t.Errorf("%v", err)
	}
}

// Adapters that cannot share the base model are answered all the same, each with its own bits.
func TestOwnBaseModel(t *testing.T) {
	t.Parallel()
	biases := func(a *adapter.Adapter) {
		h := mini(t).Config.HiddenSize
		data := make([]float32, h)
		for k := range data {
			data[k] = float32(k%7) / 10
		}
		a.Biases = []weights.Tensor{{Name: "roberta.encoder.layer.0.output.dense.bias", Shape: []int{h}, Data: data}}
	}
	folders := map[string]string{"plain": save(t, 2, 1, provenance("no", "yes"), nil, "query"), "biased": save(t, 2, 1, provenance("no", "yes"), biases, "query")}
	var seen executions
	c := open(t, classify.Options{Adapters: folders, Observe: seen.add})
	r, err := c.Classify(t.Context(), classify.Texts("a film", "a film", "a story"), classify.WithEach(func(i int) (string, int) { return []string{"plain", "biased"}[i%2], 1 }))
	must(t, err)
	if slices.Equal(r[0].Logits, r[1].Logits) {
		t.Error("biases have no effect")
	}
	if most := seen.most(func(x classify.Execution) int { return x.Adapters }); most != 1 {
		t.Errorf("%d adapters in one execution", most)
	}
	must(t, c.Unload(t.Context(), "plain"))
	again, err := c.Classify(t.Context(), classify.Texts("a film"), classify.WithRank(1))
	must(t, err)
	if !slices.Equal(again[0].Logits, r[1].Logits) {
		t.Error("other bits without the other adapter")
	}
}

func ExampleOpen() {
	ctx := context.Background()
	c, err := classify.Open(ctx, classify.Options{Adapters: map[string]string{"sentiment": classify.Sentiment}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	results, err := c.Classify(ctx, classify.Texts("I loved every minute of it.", "What a terrible waste of time."))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range results {
		fmt.Println(r.Label)
	}
	// Output:
	// positive
	// negative
}
