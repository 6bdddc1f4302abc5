package evaluate

import (
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/data"
)

// TestOtherData: table and CSV say which data are not those of the training, and have nothing more where there are none.
func TestOtherData(t *testing.T) {
	sweep := NewSweep(&data.Task{Name: "own.csv", Metrics: []string{"accuracy"}}, "dev", []Result{{Rank: 1}, {Rank: 2}}, func(int) (int, int64) { return 1, 1 })
	write := func() (table, csv string) {
		var a, b strings.Builder
		if err := sweep.WriteTable(&a); err != nil {
			t.Fatal(err)
		}
		if err := sweep.WriteCSV(&b); err != nil {
			t.Fatal(err)
		}
		return a.String(), b.String()
	}
	if table, csv := write(); strings.Contains(table+csv, "other") {
		t.Errorf("%s\n%s", table, csv)
	}
	sweep.OtherData = []string{"dev: a.csv", "dev: b.csv"}
	table, csv := write()
	if !strings.HasSuffix(table, "\nother data than in training: dev: a.csv\nother data than in training: dev: b.csv\n") {
		t.Error(table)
	}
	if strings.Count(csv, ",dev: a.csv; dev: b.csv\n") != 2 || !strings.Contains(csv, ",other_data\n") {
		t.Error(csv)
	}
}
