package plan

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/fault"
)

// listed are the entries of a plan of three lines: one done, one that failed on the way, one missing.
func listed(t *testing.T) Entries {
	t.Helper()
	p := planOf(t, "runs: a/{arm}-{seed}\narms: [{name: x, grid: {seed: [1, 2]}}, {name: y, targets: [query, value, key]}]")
	finish(t, &p.Lines[0], 75)
	begin(t, &p.Lines[1])
	if err := writeFailure(&p.Lines[1], "the loss is NaN\nat step 2"); err != nil {
		t.Fatal(err)
	}
	entries, err := List(p)
	if err != nil {
		t.Fatal(err)
	}
	entries[1].Steps = 4
	for i := range entries { // so that tables have no hashes
		entries[i].ID = "id" + string('0'+rune(i))
	}
	return entries
}

func TestTables(t *testing.T) {
	entries := listed(t)
	var table, csv bytes.Buffer
	if err := entries.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	if err := entries.WriteCSV(&csv); err != nil {
		t.Fatal(err)
	}
	wantTable := ` index  run     state           metric        rank 1  rank 8        time 
─────────────────────────────────────────────────────────────────────────
     0  a/x-1   done            accuracy (%)    25.0    50.0  1 min 15 s 
     1  a/x-2   failed at 25 %  accuracy (%)    25.0    50.0             
     2  a/y-42  missing                                                  
a/x-2: the loss is NaN; at step 2
3 trainings: 1 done, 1 failed, 1 missing
`
	if table.String() != wantTable {
		t.Errorf("table\n%s\nwant\n%s", table.String(), wantTable)
	}
	wantCSV := `index,id,arm,run,state,seed,targets,metric,measured_rank,final,last,seconds,training_seconds,cpu_seconds,why
0,id0,x,a/x-1,done,1,,accuracy,1,0.25,0.5,75.000,37.500,150.000,
0,id0,x,a/x-1,done,1,,accuracy,8,0.5,undefined,75.000,37.500,150.000,
1,id1,x,a/x-2,failed,2,,accuracy,1,,0.25,,,,"the loss is NaN
at step 2"
1,id1,x,a/x-2,failed,2,,accuracy,8,,0.5,,,,"the loss is NaN
at step 2"
2,id2,y,a/y-42,missing,,"query,value,key",,,,,,,,
`
	if csv.String() != wantCSV {
		t.Errorf("CSV\n%s\nwant\n%s", csv.String(), wantCSV)
	}
}

// TestBelow: run folders are found wherever they are below a root, with a plan's record or without.
func TestBelow(t *testing.T) {
	p := planOf(t, "runs: r/{arm}\narms: [{name: x, lr: 2e-3}, {name: y, rank: 4}]")
	finish(t, &p.Lines[0], 1)
	begin(t, &p.Lines[1])
	if err := os.Rename("r/y", "r/deeper"); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, "r/none/of/them.txt", "text")
	entries, err := Below("r")
	if err != nil || len(entries) != 2 {
		t.Fatalf("%d, %v", len(entries), err)
	}
	if e := entries[1]; e.Run != filepath.Join("r", "x") || e.State != Done || e.Arm != "x" || e.Index != 1 {
		t.Errorf("%+v", e.Line)
	}
	if e := entries[0]; e.Run != filepath.Join("r", "deeper") || e.State != Stopped || e.ID != p.Lines[1].ID || e.Settings["rank"] != 4 || e.Settings["task"] != "demo" || *e.Last[8] != 0.5 {
		t.Errorf("%+v", e.Line)
	}
	paths, err := RunFolders([]string{"r", "r/x", "r/none", "nowhere"})
	if want := []string{filepath.Join("r", "deeper"), filepath.Join("r", "x"), "r/none", "nowhere"}; err != nil || !slices.Equal(paths, want) {
		t.Errorf("run folders %v, want %v, %v", paths, want, err)
	}
	p.Path = filepath.Join("r", "plan.jsonl")
	if err := p.Save(); err != nil { // what else is in the folder of several seeds
		t.Fatal(err)
	}
	paths, err = RunFolders([]string{p.Path, "r/y", "r/none", "r/none"})
	if want := []string{filepath.Join("r", "x"), filepath.Join("r", "y"), "r/none", "r/none"}; err != nil || !slices.Equal(paths, want) {
		t.Errorf("run folders of a plan %v, want %v, %v", paths, want, err)
	}
	if entries, err := Below("nowhere"); err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}
}

// done is an entry with one value at rank 1 after the last epoch.
func done(settings map[string]any, arm string, value float64) Entry {
	return Entry{State: Done, Result: &Result{Record: &Record{Line: Line{Arm: arm, Settings: settings}, Seconds: 10}, Metric: "accuracy", Last: Scores{1: &value}}}
}

func TestAverage(t *testing.T) {
	entries := []Entry{
		done(map[string]any{"task": "cola", "epochs": 8, "seed": 1, "lr": 1e-3}, "a", 0.5),
		done(map[string]any{"task": "cola", "epochs": 8, "seed": 2, "lr": 1e-3}, "a", 0.7),
		done(map[string]any{"task": "cola", "epochs": 8, "seed": 1, "lr": 2e-3}, "a", 0.1),
		done(map[string]any{"task": "cola", "epochs": 8, "seed": 1, "rank": 4}, "b", 0.2),
		done(map[string]any{"task": "mrpc", "epochs": 6, "seed": 1, "rank": 4}, "b", 0.3),
	}
	missing := done(map[string]any{"task": "cola", "epochs": 8, "seed": 3, "lr": 1e-3}, "a", 9)
	missing.State, missing.Metric = Missing, ""
	entries = slices.Insert(entries, 2, missing)
	m, err := Average(entries, nil, true)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"task", "arm", "lr"}; !slices.Equal(m.By, want) { // epochs go by the task, rank by the arm
		t.Errorf("by %v, want %v", m.By, want)
	}
	var table, csv bytes.Buffer
	if err := m.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	if err := m.WriteCSV(&csv); err != nil {
		t.Fatal(err)
	}
	wantTable := ` task  arm  lr     metric        trainings       rank 1  time each 
───────────────────────────────────────────────────────────────────
 cola  a    0.001  accuracy (%)     2 of 3  60.0 ± 14.1       10 s 
 cola  a    0.002  accuracy (%)          1         10.0       10 s 
 cola  b           accuracy (%)          1         20.0       10 s 
 mrpc  b           accuracy (%)          1         30.0       10 s 
`
	if table.String() != wantTable {
		t.Errorf("table\n%s\nwant\n%s", table.String(), wantTable)
	}
	if want := "task,arm,lr,metric,measured_rank,mean,sd,trainings\ncola,a,0.001,accuracy,1,0.6,0.14142135623730948,2\n"; !strings.HasPrefix(csv.String(), want) {
		t.Errorf("CSV\n%s", csv.String())
	}
	if m, err = Average(entries, []string{"arm"}, true); err != nil || len(m.Groups) != 2 || m.Groups[1].Count != 2 {
		t.Errorf("by arm: %+v, %v", m, err)
	}
	if m, err = Average(entries, nil, false); err != nil || len(m.ranks()) != 0 {
		t.Errorf("final values that are not there: %+v, %v", m, err)
	}
	if _, err = Average(entries, []string{"arms"}, false); fault.ClassOf(err) != fault.Usage {
		t.Errorf("by what is no setting: %v", err)
	}
}

// TestMeansProperty: mean and standard deviation are those of the textbook.
func TestMeansProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-1, 1), 1, 9).Draw(t, "values")
		g := Group{values: map[int][]float64{1: values}}
		mean, deviation, n := g.at(1)
		sum, squares := 0.0, 0.0
		for _, v := range values {
			sum += v
		}
		for _, v := range values {
			squares += math.Pow(v-sum/float64(len(values)), 2)
		}
		want := 0.0
		if len(values) > 1 {
			want = math.Sqrt(squares / float64(len(values)-1))
		}
		if n != len(values) || math.Abs(mean-sum/float64(n)) > 1e-12 || math.Abs(deviation-want) > 1e-12 {
			t.Errorf("%v ± %v of %d, want %v ± %v", mean, deviation, n, sum/float64(n), want)
		}
	})
}
