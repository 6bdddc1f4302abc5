package evaluate

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/data"
)

// sweepOf is a sweep of task sst2 with the given accuracy at each rank.
func sweepOf(ranks []int, values ...float64) *Sweep {
	s := &Sweep{Task: "sst2", Split: "dev", Metric: "accuracy"}
	for i, r := range ranks {
		s.Ranks = append(s.Ranks, RankReport{Rank: r, Value: Number(values[i]), Metrics: Metrics{{"accuracy", Number(values[i])}}})
	}
	return s
}

// sample is a sweep of two ranks of MRPC, one metric of which is undefined.
func sample() *Sweep {
	mrpc := &data.Task{Name: "mrpc", Labels: []string{"0", "1"}, Metrics: []string{"accuracy", "f1"}}
	results := []Result{
		{Rank: 1, Metrics: Metrics{{"accuracy", Number(0.875)}, {"f1", Value{}}}},
		{Rank: 8, Metrics: Metrics{{"accuracy", Number(0.9)}, {"f1", Number(1.0 / 3)}}},
	}
	return NewSweep(mrpc, "dev", results, func(rank int) (int, int64) {
		return 1000 + 24*rank, int64(4*(1000+24*rank) + 512)
	})
}

// TestJSONShape: scripts rely on these names, this order and null.
func TestJSONShape(t *testing.T) {
	sts := &data.Task{Name: "stsb", Kind: data.Regression, Metrics: []string{"pearson", "spearman"}}
	result := &Result{Rank: 4, Index: make([]int, 1500), Metrics: Metrics{{"pearson", Number(0.5)}, {"spearman", Value{}}}}
	tests := []struct {
		name  string
		value any
		want  string
	}{
		{"sweep", sample(), `{"task":"mrpc","split":"dev","metric":"accuracy","ranks":[` +
			`{"rank":1,"value":0.875,"metrics":{"accuracy":0.875,"f1":null},"parameters":1024,"bytes":4608},` +
			`{"rank":8,"value":0.9,"metrics":{"accuracy":0.9,"f1":0.3333333333333333},"parameters":1192,"bytes":5280}]}`},
		{"eval", NewEvaluation(sts, "dev", result),
			`{"task":"stsb","split":"dev","rank":4,"examples":1500,"metric":"pearson","value":0.5,"metrics":{"pearson":0.5,"spearman":null}}`},
		{"no ranks", NewSweep(sts, "train", nil, nil), `{"task":"stsb","split":"train","metric":"pearson","ranks":[]}`},
		{"sweep with more beside it", struct {
			*Sweep
			Run string `json:"run"`
		}{NewSweep(sts, "dev", nil, nil), "runs/a"}, `{"task":"stsb","split":"dev","metric":"pearson","ranks":[],"run":"runs/a"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := json.Marshal(tt.value)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("JSON (-want +got):\n%s", diff)
			}
		})
	}
	var back Sweep
	b, _ := json.Marshal(sample())
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample(), &back, cmp.AllowUnexported(Value{})); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

func TestCSV(t *testing.T) {
	var b strings.Builder
	if err := sample().WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	want := "task,split,rank,parameters,bytes,accuracy,f1\n" +
		"mrpc,dev,1,1024,4608,0.875,undefined\n" +
		"mrpc,dev,8,1192,5280,0.9,0.3333333333333333\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("CSV (-want +got):\n%s", diff)
	}
}

// TestCSVRoundTrip: every number can be had back to the bit.
func TestCSVRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 12).Draw(t, "ranks")
		s := &Sweep{Task: rapid.StringMatching(`[a-z",]{1,6}`).Draw(t, "task"), Split: "dev", Metric: "accuracy"}
		for i := range n {
			v := Number(rapid.Float64().Draw(t, "value"))
			s.Ranks = append(s.Ranks, RankReport{Rank: i + 1, Value: v, Metrics: Metrics{{"accuracy", v}}, Parameters: 7 * i, Bytes: int64(i) << 40})
		}
		var b bytes.Buffer
		if err := s.WriteCSV(&b); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil || len(rows) != n+1 {
			t.Fatalf("%d rows, %v; want %d", len(rows), err, n+1)
		}
		for i, row := range rows[1:] {
			want := s.Ranks[i]
			bits, _ := strconv.ParseInt(row[4], 10, 64)
			if row[0] != s.Task || row[2] != strconv.Itoa(want.Rank) || row[3] != strconv.Itoa(want.Parameters) || bits != want.Bytes {
				t.Errorf("row %v, want %+v", row, want)
			}
			if got, err := strconv.ParseFloat(row[5], 64); err != nil || Number(got) != want.Value {
				t.Errorf("value %q, want %v", row[5], want.Value)
			}
		}
	})
}

func TestWritersReportErrors(t *testing.T) {
	s := sample()
	for name, write := range map[string]func() error{
		"csv":   func() error { return s.WriteCSV(full{}) },
		"table": func() error { return s.WriteTable(full{}) },
		"predictions": func() error {
			return WritePredictions(full{}, sentiment, &Result{Outputs: 1, Index: []int{0}, Classes: []int32{0}, Logits: []float32{0}})
		},
	} {
		if err := write(); !errors.Is(err, errFull) {
			t.Errorf("%s to a full disk: %v", name, err)
		}
	}
}

func TestFull(t *testing.T) {
	if got := sweepOf([]int{2, 8, 4}, 0.1, 0.2, 0.3).Full(); got.Rank != 8 {
		t.Errorf("full rank %d, want 8", got.Rank)
	}
	if got := sweepOf(nil).Full(); got != nil {
		t.Errorf("full rank of nothing: %+v", got)
	}
}

// full is a disk with no room.
type full struct{}

var errFull = errors.New("no space left on device")

func (full) Write([]byte) (int, error) { return 0, errFull }
