package evaluate

import (
	"bufio"
	"io"
	"strconv"

	"github.com/dylora/dylora/internal/data"
)

// WritePredictions writes one JSON object per example, in the split's order:
//
//	{"index":0,"label":1,"prediction":1,"logits":[-1.25,2.5]}
//
// label and prediction are places in the task's list of labels; for regression they are
// scores, and logits is the one output that is the prediction. Numbers are the shortest
// that read back as the same float32.
func WritePredictions(w io.Writer, t *data.Task, r *Result) error {
	buffered := bufio.NewWriter(w)
	var line []byte
	for i := range r.Len() {
		line = strconv.AppendInt(append(line[:0], `{"index":`...), int64(r.Index[i]), 10)
		line = append(line, `,"label":`...)
		if t.Kind == data.Regression {
			line = appendScore(line, r.Scores[i])
			line = appendScore(append(line, `,"prediction":`...), r.Row(i)[0])
		} else {
			line = strconv.AppendInt(line, int64(r.Classes[i]), 10)
			line = strconv.AppendInt(append(line, `,"prediction":`...), int64(largest(r.Row(i))), 10)
		}
		line = append(line, `,"logits":[`...)
		for j, v := range r.Row(i) {
			if j > 0 {
				line = append(line, ',')
			}
			line = appendScore(line, v)
		}
		line = append(line, "]}\n"...)
		if _, err := buffered.Write(line); err != nil {
			return err
		}
	}
	return buffered.Flush()
}

func appendScore(b []byte, v float32) []byte {
	return strconv.AppendFloat(b, float64(v), 'g', -1, 32)
}
