package statistics

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/dylora/dylora/internal/reftest"
)

// reference is what scipy and statsmodels give.
type reference struct {
	Paired []struct {
		A, B, C, D     int
		Exact          float64    `json:"mcnemar_exact_two_sided"`
		Mid            float64    `json:"mcnemar_midp_two_sided"`
		Difference     float64    `json:"difference"`
		Tango95        [2]float64 `json:"tango95"`
		Tango90        [2]float64 `json:"tango90"`
		Margin         float64    `json:"margin"`
		Z              float64    `json:"noninferiority_z"`
		P              float64    `json:"noninferiority_p"`
		Wilson         [2]float64 `json:"wilson95_first"`
		ClopperPearson [2]float64 `json:"clopper_pearson95_first"`
	} `json:"paired"`
	Corrections []struct {
		P, Holm []float64
		BH      []float64 `json:"bh"`
	} `json:"corrections"`
	Bootstrap []struct {
		Metric        string
		Labels        []int32
		First, Second []int32
		Difference    float64
		StandardError float64            `json:"standard_error"`
		Quantiles     map[string]float64 `json:"quantiles"`
	} `json:"bootstrap"`
}

func references(t *testing.T) (r reference) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(reftest.Shared(t, "tests and intervals of scipy and statsmodels"), "golden", "stats", "stats.json"))
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Paired) < 50 || len(r.Corrections) < 10 || len(r.Bootstrap) < 6 {
		t.Fatal("the reference is not whole")
	}
	return r
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*max(1e-300, math.Abs(want))+1e-300) {
		t.Errorf("%s = %.17g, want %.17g", what, got, want)
	}
}

func bounds(t *testing.T, what string, low, high float64, want [2]float64) {
	t.Helper()
	if math.Abs(low-want[0]) > 1e-9 || math.Abs(high-want[1]) > 1e-9 {
		t.Errorf("%s = [%.15g, %.15g], want %.15g", what, low, high, want)
	}
}

func TestPairedReference(t *testing.T) {
	for i, r := range references(t).Paired {
		p := Pairs{Both: r.A, First: r.B, Second: r.C, Neither: r.D}
		name := func(what string) string { return "case " + strconv.Itoa(i) + ": " + what }
		exact, mid := p.McNemar()
		near(t, name("exact McNemar"), exact, r.Exact, 1e-9)
		near(t, name("mid-p McNemar"), mid, r.Mid, 1e-9)
		near(t, name("difference"), p.Difference(), r.Difference, 1e-12)
		low, high := p.Tango(0.95)
		bounds(t, name("Tango, 95 %"), low, high, r.Tango95)
		low, high = p.Tango(0.9)
		bounds(t, name("Tango, 90 %"), low, high, r.Tango90)
		z, pValue := p.NotWorse(r.Margin)
		near(t, name("z"), z, r.Z, 1e-9)
		near(t, name("p"), pValue, r.P, 1e-7)
		low, high = Wilson(r.A+r.B, p.Len(), 0.95)
		bounds(t, name("Wilson"), low, high, r.Wilson)
		low, high = ClopperPearson(r.A+r.B, p.Len(), 0.95)
		bounds(t, name("Clopper-Pearson"), low, high, r.ClopperPearson)
	}
}

func TestCorrectionsReference(t *testing.T) {
	for i, r := range references(t).Corrections {
		holm, bh := Holm(r.P), BenjaminiHochberg(r.P)
		for j := range r.P {
			near(t, "Holm, case "+strconv.Itoa(i), holm[j], r.Holm[j], 1e-12)
			near(t, "Benjamini-Hochberg, case "+strconv.Itoa(i), bh[j], r.BH[j], 1e-12)
		}
	}
}

// TestBootstrapReference: 10,000 resamples of the examples alone have the distribution that
// 200,000 of the reference have. The metrics' own test compares Pearson and Spearman.
func TestBootstrapReference(t *testing.T) {
	metrics := map[string]Metric{"accuracy": Accuracy, "matthews": Matthews, "f1": F1}
	for i, r := range references(t).Bootstrap {
		table := &Table{Classes: 2, Labels: One(r.Labels), Systems: [][][]int32{One(r.First), One(r.Second)}}
		d := Bootstrap{Resamples: 10000, Seed: 42, Plain: true}.Run(table.Sample(metrics[r.Metric]), Difference)
		name := r.Metric + ", case " + strconv.Itoa(i)
		near(t, name+": difference", d.Estimate, r.Difference, 1e-9)
		near(t, name+": standard error", d.StandardError(), r.StandardError, 0.05)
		for q, want := range r.Quantiles {
			at, err := strconv.ParseFloat(q, 64)
			if err != nil {
				t.Fatal(err)
			}
			if got := d.Quantile(at); math.Abs(got-want) > 0.15*r.StandardError {
				t.Errorf("%s: quantile %s = %v, want %v", name, q, got, want)
			}
		}
		if d.Undefined > 0 {
			t.Errorf("%s: %d resamples undefined", name, d.Undefined)
		}
	}
}
