package predict

import (
	"fmt"
	"strconv"

	"github.com/dylora/dylora/internal/answer"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
)

// Part is one file of a submission to gluebenchmark.com.
type Part struct {
	Split    string // that it answers
	File     string // official name
	Optional bool   // left out where the split's file is not there
}

// Parts are the files that the server takes for a task; a task that is not GLUE's is
// fault.Usage.
func Parts(t *data.Task) ([]Part, error) {
	switch t.Name {
	case "mnli":
		return []Part{
			{Split: "test_matched", File: "MNLI-m.tsv"},
			{Split: "test_mismatched", File: "MNLI-mm.tsv"},
			{Split: "diagnostic", File: "AX.tsv", Optional: true},
		}, nil
	case "cola", "sst2", "mrpc", "qqp", "stsb", "qnli", "rte", "wnli":
		return []Part{{Split: "test", File: t.Folder + ".tsv"}}, nil
	}
	return nil, fault.Usagef("task %s is none of GLUE's, whose server takes these files: predict lines instead", t.Name)
}

// SubmissionFiles are the names of all files that a submission may hold.
func SubmissionFiles() (names []string) {
	for _, t := range data.Tasks() {
		parts, err := Parts(t)
		if err != nil {
			continue // the built-in task
		}
		for _, p := range parts {
			names = append(names, p.File)
		}
	}
	return names
}

// SubmissionFile is the file of a result, which holds every row of its split: each row's
// place and its label, or for STS-B its score, cut to [0, 5].
func SubmissionFile(t *data.Task, r *evaluate.Result) ([]byte, error) {
	b := []byte("index\tprediction\n")
	for i := range r.Len() {
		if r.Index[i] != i {
			return nil, fmt.Errorf("submission: row %d is missing", i)
		}
		b = append(strconv.AppendInt(b, int64(i), 10), '\t')
		row := r.Row(i)
		if t.Kind == data.Regression {
			b = strconv.AppendFloat(b, float64(min(max(row[0], 0), 5)), 'f', -1, 32)
		} else {
			b = append(b, t.Labels[answer.Largest(row)]...)
		}
		b = append(b, '\n')
	}
	return b, nil
}
