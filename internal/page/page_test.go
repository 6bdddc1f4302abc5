package page

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/evaluate"
)

// reportOf is a report of ranks 1 to 8 of an accuracy with all that a page may have.
func reportOf(name string) *Report {
	s := &evaluate.Sweep{Task: name, Split: "dev", Metric: "accuracy", Examples: 1600}
	low, high := make([]float64, 9), make([]float64, 9)
	r := &Report{
		Sweep: s, Adapter: name, Base: name, Arguments: "num_labels=2", Version: "1.2.3", Made: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Texts: true,
		Facts: []Fact{{"task", name}, {"base model", name}}, Settings: []Fact{{"alpha", name}},
		Costs: Costs{Flops: map[int]float64{0: 8.2e7}, Millis: map[int]float64{}, Sample: 64, Tokens: 16.2, Where: "float32, 2 threads"},
		Worst: []Mistake{{Mistake: evaluate.Mistake{Index: 7, Texts: []string{name, name}, Label: name, Answer: name + " 60 %"}, AtFull: name, Rank: 4, Full: 8}},
	}
	d := &evaluate.Decision{Rank: 4, Full: 8, Metric: "accuracy", Tolerance: 0.005, Confidence: 0.95, Test: "Tango's score test", Examples: 800, Reported: 1600, Seeds: 2, SameData: true, Undefined: 3}
	for i, v := range []float64{0.843, 0.851, 0.859, 0.868, 0.866, 0.871, 0.874, 0.876} {
		rank := i + 1
		low[i], high[i] = v-0.02, v+0.02
		s.Ranks = append(s.Ranks, evaluate.RankReport{Rank: rank, Value: evaluate.Number(v), Metrics: evaluate.Metrics{{Name: "accuracy", Value: evaluate.Number(v)}, {Name: "f1", Value: evaluate.Number(v - 0.1)}},
			Parameters: 66_306 + 4_096*rank, Bytes: int64(4*(66_306+4_096*rank) + 3_584), Low: &low[i], High: &high[i]})
		r.Costs.Flops[rank] = 8.2e7 + 1e5*float64(rank)
		r.Costs.Millis[rank] = 5.6 + 0.1*float64(rank%3)
		if rank < 8 {
			d.Ranks = append(d.Ranks, evaluate.RankDecision{Rank: rank, Difference: evaluate.Number(v - 0.876), Low: evaluate.Number(v - 0.88), High: evaluate.Number(v - 0.87), Tested: rank > 2, NotWorse: rank > 3})
		}
	}
	for i := range s.Ranks {
		s.Ranks[i].Calibration = &evaluate.Calibration{Temperature: 1.5, Fitted: 800, Measured: 800, Before: evaluate.Fit{NLL: 0.5, ECE: 0.1}, After: evaluate.Fit{NLL: 0.4, ECE: 0.02}}
	}
	s.Decision = d
	s.Constant = evaluate.Metrics{{Name: "accuracy", Value: evaluate.Number(0.5)}}
	s.Training = &evaluate.Training{Seconds: 120, Trainings: 1}
	s.Baselines = []evaluate.LoRABaseline{{Name: "lora", Training: evaluate.Training{Seconds: 900, Trainings: 8}, Ranks: s.Ranks}, {Name: name, Training: evaluate.Training{Trainings: 1}, Ranks: s.Ranks[:2]}}
	return r
}

func write(t testing.TB, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// elements are the names of the elements of a page in their order, and of their attributes.
func elements(t testing.TB, page string) (names []string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return names
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, page)
		}
		if e, ok := token.(xml.StartElement); ok {
			name := e.Name.Local
			for _, a := range e.Attr {
				name += " " + a.Name.Local
			}
			names = append(names, name)
		}
	}
}

// TestPage: what a reader looks for is there. DYLORA_DRAWINGS names a folder to look at it in.
func TestPage(t *testing.T) {
	page := write(t, reportOf("demo"))
	if keep := os.Getenv("DYLORA_DRAWINGS"); keep != "" {
		if err := os.WriteFile(filepath.Join(keep, "page.html"), []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if again := write(t, reportOf("demo")); again != page {
		t.Error("written twice, it differs")
	}
	rest := page
	for _, want := range []string{ // in this order
		`<html lang="en">`, `<title>Which rank? demo dev by dylora</title>`, `<h1>Which rank of this adapter is enough for demo?</h1>`,
		`Use rank 4: it is not worse than rank 8 by more than 0.5 points in accuracy`, `<dd>86.8 <small>84.8 to 88.8</small></dd>`,
		`<h2 id="ranks">Accuracy by rank</h2>`, `<svg`, `<title>demo dev: accuracy by rank</title>`, `<caption>`, `>chosen<`, `>not worse<`, `>the reference<`,
		`Tango&#39;s score test on 800 examples and 2 seeds`, `<h2 id="baselines">`, `>15 min<`, `<h2 id="cost">`, `>82,690<`, `>0.08240<`, `0.08200 GFLOP`,
		`dylora slice --adapter demo --rank 4 --out rank-4`, `num_labels=2`, `>1.50</td><td>0.500</td><td>0.400</td><td>0.100</td><td>0.0200<`, `<h2 id="worst">`, `<h2 id="origin">`, `2026-01-02`, `It holds texts of the data`,
	} {
		_, after, ok := strings.Cut(rest, want)
		if !ok {
			t.Fatalf("no %q behind what comes before it in\n%s", want, page)
		}
		rest = after
	}
}

// TestAlone: the page needs nothing but itself, and runs nothing.
func TestAlone(t *testing.T) {
	page := strings.ReplaceAll(write(t, reportOf("demo")), `xmlns="http://www.w3.org/2000/svg"`, "")
	if found := regexp.MustCompile(`(?i)https?:|//[a-z]|<script|<link|<img|<iframe| src=| href=|@import|url\(| on[a-z]+=`).FindString(page); found != "" {
		t.Errorf("%q in the page", found)
	}
	if !strings.Contains(page, `default-src 'none'`) {
		t.Error("no policy that keeps it from loading anything")
	}
}

// TestAccessible: every table has a caption and headers with a scope, every drawing a title
// and a description, and headings follow each other.
func TestAccessible(t *testing.T) {
	names := elements(t, write(t, reportOf("demo")))
	count := func(prefix string) (n int) {
		for _, name := range names {
			if name == prefix || strings.HasPrefix(name, prefix+" ") {
				n++
			}
		}
		return n
	}
	if tables := count("table"); tables != 5 || count("caption") != tables {
		t.Errorf("%d tables, %d captions", tables, count("caption"))
	}
	if drawings := count("svg"); drawings != 6 || count("desc") != drawings || count("title") != drawings+1 {
		t.Errorf("%d drawings, %d descriptions, %d titles", drawings, count("desc"), count("title"))
	}
	if count("th") != count("th scope") {
		t.Errorf("%d of %d headers have a scope", count("th scope"), count("th"))
	}
	if count("h1") != 1 || count("h2") != 7 || count("main") != 1 {
		t.Errorf("%d h1, %d h2, %d main", count("h1"), count("h2"), count("main"))
	}
}

// TestHostile: whatever the names are, the page has the elements and attributes that it has
// with a plain one, and nothing of it runs.
func TestHostile(t *testing.T) {
	plain := elements(t, write(t, reportOf("demo")))
	for _, name := range []string{
		"</script><img src=x onerror=alert(1)>", `"><svg onload=alert(1)>`, "</title></style><script>alert(1)</script>", "{{.Version}}", "' onfocus='x",
		"</code></pre><a href=javascript:alert(1)>", "<!--", "]]>", "&lt;b&gt;", "\x00\u202e\xff\n\n", "é 漢字 \U0001F600", strings.Repeat("x", 10_000),
	} {
		page := write(t, reportOf(name))
		if got := elements(t, page); !slices.Equal(got, plain) {
			t.Errorf("%q changes the page's elements", name)
		}
		if strings.ContainsFunc(page, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) || !utf8.ValidString(page) {
			t.Errorf("%q: characters that HTML does not have", name)
		}
	}
}

// TestHoles: a page of anything less than everything is whole, too.
func TestHoles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := reportOf("demo")
		drop := func(what string, f func()) {
			if rapid.Bool().Draw(t, what) {
				f()
			}
		}
		drop("decision", func() { r.Sweep.Decision = nil })
		drop("baselines", func() { r.Sweep.Baselines = nil })
		drop("constant", func() { r.Sweep.Constant = nil })
		drop("costs", func() { r.Costs = Costs{} })
		drop("worst", func() { r.Worst = nil })
		drop("texts", func() { r.Texts, r.Worst = false, nil })
		drop("facts", func() { r.Facts, r.Settings, r.Adapter = nil, nil, "" })
		drop("metric", func() { r.Sweep.Metric = "mse" })
		if d := r.Sweep.Decision; d != nil {
			d.Rank = rapid.SampledFrom([]int{0, 1, 4, 8}).Draw(t, "rank")
		}
		for i := range r.Sweep.Ranks {
			q := &r.Sweep.Ranks[i]
			drop("value", func() { q.Value, q.Metrics = evaluate.Value{}, nil })
			drop("interval", func() { q.Low, q.High = nil, nil })
			drop("calibration", func() { q.Calibration = nil })
			drop("time", func() { delete(r.Costs.Millis, q.Rank) })
		}
		r.Sweep.Ranks = r.Sweep.Ranks[:rapid.IntRange(0, 8).Draw(t, "ranks")]
		var b bytes.Buffer
		if err := r.Write(&b); err != nil {
			t.Fatal(err)
		}
		if page := b.String(); strings.Contains(page, "NaN") || strings.Contains(page, "ZgotmplZ") || !strings.HasSuffix(strings.TrimSpace(page), "</html>") {
			t.Fatal(page)
		}
	})
}

// TestWords: what the page says of several runs, of pairs of texts, of a part of the examples and
// of data that cannot tell.
func TestWords(t *testing.T) {
	r := reportOf("demo")
	r.Pair, r.Sweep.Decision.Rank, r.Sweep.Decision.Reported = true, 0, 800
	page := write(t, r)
	for _, want := range []string{
		"<p class=\"kicker\">demo and 1 more · demo · dev</p>", "with a tab between", "so these commands keep it", "--rank 8", `class="answer open"`,
		"<dd>800 <small>dev, 2 seeds</small></dd>", "n = 800 ·",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
	r.Sweep.Ranks[0].Calibration = &evaluate.Calibration{Threshold: 0.4, Before: evaluate.Fit{MicroF1: 0.5}, After: evaluate.Fit{MicroF1: 0.625}}
	r.Sweep.Decision = nil
	if page := write(t, r); !strings.Contains(page, ">0.400</td><td>50.0</td><td>62.5<") {
		t.Error("no threshold of a multi-label task")
	}
	if page := write(t, r); !strings.Contains(page, "Rank 8 has the best accuracy of the ranks measured here, 87.6.") || !strings.Contains(page, "<dd>1,600 ") {
		t.Error("without a decision the page names neither the best rank nor all examples")
	}
}

func TestFullDisk(t *testing.T) {
	if err := reportOf("demo").Write(full{}); !errors.Is(err, errFull) {
		t.Errorf("to a full disk: %v", err)
	}
}

// full is a disk with no room.
type full struct{}

var errFull = errors.New("no space left on device")

func (full) Write([]byte) (int, error) { return 0, errFull }
