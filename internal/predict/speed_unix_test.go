//go:build unix

package predict

import (
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/models"
)

// processor is the seconds that this process has computed, on all threads.
func processor(b *testing.B) float64 {
	b.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return float64(r.Utime.Sec+r.Stime.Sec) + float64(r.Utime.Usec+r.Stime.Usec)/1e6
}

// sentiment is an untrained adapter of the built-in task on the built-in model, on one thread.
func sentiment(b *testing.B) (*session.Env, *session.Session) {
	b.Helper()
	env := &session.Env{Getenv: func(string) string { return "" }}
	check := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	m, err := model.Load(models.Mini(), "mini", model.LoadOptions{Machine: kerneltest.New(b)})
	check(err)
	projections, err := m.Projections([]string{"query", "value"})
	check(err)
	a, err := adapter.New(8, 16, adapter.Paper, projections, m.Head(2, 1), 1)
	check(err)
	dir := filepath.Join(b.TempDir(), "adapter")
	check(adapter.Save(dir, a, &adapter.Provenance{Task: "demo", Model: "mini", Labels: []string{"negative", "positive"}}, adapter.SaveOptions{}))
	stored, err := session.OpenAdapter(env, dir, adapter.Options{})
	check(err)
	layer := settings.YAMLLayer(settings.Flag, "bench.yaml", []byte("threads: 1\n"))
	s, err := session.Open(b.Context(), env, stored, session.Options{Layers: []*settings.Layer{layer}})
	check(err)
	return env, s
}

// BenchmarkAnswer holds rows of text, tables and objects, read, tokenised, scored and written, against the bare steps of
// evaluation for the same sentences: ns-processor/op is the time of all threads per row. scripts/predict-speed compares them.
func BenchmarkAnswer(b *testing.B) {
	env, s := sentiment(b)
	random := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("the film was a good bad dull fine warm plot story I liked hated it not very really slow fast day cook rude kind .")
	texts := make([]string, 4096)
	var steps []*data.Batch
	var pending []data.Encoded
	tokens := 0
	for i := range texts {
		for range 4 + random.IntN(17) {
			texts[i] += words[random.IntN(len(words))] + " "
		}
		e := data.Encoded{Index: i}
		e.IDs, e.Types = s.Encoder.Tokenizer.Sequence(texts[i], nil, 0)
		if tokens += len(e.IDs); tokens > session.EvalTokens {
			steps, pending, tokens = append(steps, data.Pack(pending)), nil, len(e.IDs)
		}
		pending = append(pending, e)
	}
	measure := func(name string, run func(n int) error) {
		b.Run(name, func(b *testing.B) {
			before := processor(b)
			if err := run(b.N); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric((processor(b)-before)*1e9/float64(b.N), "ns-processor/op")
		})
	}
	measure("step", func(n int) error {
		for i := 0; n > 0; i++ {
			batch := steps[i%len(steps)]
			ranks := make([]int, batch.Len())
			for j := range ranks {
				ranks[j] = 8
			}
			if _, err := s.Program.Logits(batch, ranks); err != nil {
				return err
			}
			n -= batch.Len()
		}
		return nil
	})
	for _, f := range []struct {
		format      Format
		header, row string
	}{{Plain, "", "%[2]s\n"}, {CSV, "id,text,when\n", "%d,\"%s\",today\n"}, {TSV, "id\ttext\n", "%d\t%s\n"}, {JSONL, "", `{"id":%d,"text":"%s"}` + "\n"}} {
		measure(f.format.String(), func(n int) error {
			in := io.MultiReader(strings.NewReader(f.header), &repeated{texts: texts, row: f.row, n: n})
			q := Request{Name: "in", Input: f.format, Output: f.format}
			return q.Answer(b.Context(), env, s, 8, in, io.Discard)
		})
	}
}

// repeated is an input of n rows of the texts in turn.
type repeated struct {
	texts []string
	row   string
	n, at int
	left  []byte
}

func (r *repeated) Read(p []byte) (int, error) {
	if len(r.left) == 0 {
		if r.at == r.n {
			return 0, io.EOF
		}
		r.left = fmt.Appendf(r.left[:0], r.row, r.at, r.texts[r.at%len(r.texts)])
		r.at++
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}
