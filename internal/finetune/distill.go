package finetune

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/train"
)

// teacherName is the file of a run folder that keeps the teacher's logits: a run that is resumed
// has no other trace of the adapter that gave them.
const teacherName = "teacher.safetensors"

// distillation gives the batches of a source, from the end of the full-rank phase on with soft
// targets (Hinton, Vinyals and Dean 2015, at temperature 1): (1−λ)·label + λ·teacher, the teacher
// being the adapter at rank R as the phase left it, without dropout.
type distillation struct {
	train.Source
	share float64           // λ
	soft  map[int][]float32 // by the example's place in the split; nil: the phase is not over
}

// Batch is the source's, and its targets.
func (d *distillation) Batch(epoch, i int) (*data.Batch, error) {
	b, err := d.Source.Batch(epoch, i)
	if err != nil || d.soft == nil {
		return b, err
	}
	b.Soft = make([]float32, 0, len(b.Index))
	for _, index := range b.Index {
		b.Soft = append(b.Soft, d.soft[index]...)
	}
	return b, nil
}

// distil makes the loop's targets soft where the settings ask for it: from now on if the full-rank
// phase is over, else when it ends. Its pass over the training split stops when ctx is done.
func (j *Job) distil(ctx context.Context) error {
	phase := j.Loop.PhaseSteps()
	switch {
	case j.distilled == nil || j.Loop.Done():
		return nil
	case j.Loop.State().Step > phase:
		logits, err := j.readTeacher()
		if err != nil {
			return err
		}
		j.learnFrom(logits)
		return nil
	case j.Loop.State().Step == phase:
		return j.teach(ctx)
	}
	j.Loop.On(train.Hook{Name: "distill", Phase: func(*train.Loop) error {
		return j.teach(ctx) // a run that is stopped meanwhile computes it again
	}})
	return nil
}

// teach computes the teacher's logits of the training split, and keeps them.
func (j *Job) teach(ctx context.Context) error {
	results, err := session.Score(ctx, j.env, j.Program, j.trained, j.Task, []int{j.Adapter.Rank})
	if err != nil {
		return err
	}
	logits := results[0].Logits
	shape := []int{len(j.trainExamples), j.Task.Outputs()}
	b, err := safetensors.Encode([]safetensors.Tensor{safetensors.F32("logits", shape, logits)}, map[string]string{
		"format": "pt", "step": strconv.Itoa(j.Loop.PhaseSteps()), "training": data.Fingerprint(j.trainExamples), "sha256": sumOf(logits),
	})
	if err != nil {
		return err
	}
	if j.First() {
		err = disk.WriteFile(filepath.Join(j.Dir, teacherName), func(w io.Writer) error {
			_, err := w.Write(b)
			return err
		})
	}
	if err = train.Agree(j.env.Group, err); err != nil {
		return fmt.Errorf("cannot keep the teacher's answers: %w", err)
	}
	j.learnFrom(logits)
	return nil
}

// readTeacher reads what teach kept in this run, and holds it against the run.
func (j *Job) readTeacher() ([]float32, error) {
	path := filepath.Join(cmp.Or(j.Dir, "the run"), teacherName)
	bad := func(format string, a ...any) error {
		return fault.Invalidf("%s: %w; a run with distill cannot go on without the answers of its teacher: start another run", path, fmt.Errorf(format, a...))
	}
	b, err := j.handed(func() ([]byte, error) {
		if _, err := safetensors.Read(path); err != nil { // or it is no file that could be read
			return nil, err
		}
		return os.ReadFile(path)
	})
	if err != nil {
		return nil, bad("%w", err)
	}
	file, err := safetensors.Parse(teacherName, b)
	if err != nil {
		return nil, bad("%w", err)
	}
	t, ok := file.Tensor("logits")
	if want := []int{len(j.trainExamples), j.Task.Outputs()}; !ok || len(file.Tensors) != 1 || fmt.Sprint(t.Shape) != fmt.Sprint(want) {
		return nil, bad("it does not hold logits of shape %v", want)
	}
	logits, err := t.Float32()
	if err != nil {
		return nil, bad("%w", err)
	}
	m := file.Metadata
	if m["sha256"] != sumOf(logits) || m["training"] != data.Fingerprint(j.trainExamples) || m["step"] != strconv.Itoa(j.Loop.PhaseSteps()) {
		return nil, bad("%w", errors.New("its logits are not those of this run's teacher"))
	}
	return logits, nil
}

// sumOf is the SHA-256 of numbers, in hex.
func sumOf(x []float32) string {
	h := sha256.New()
	b := make([]byte, 0, 4*len(x))
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	h.Write(b)
	return hex.EncodeToString(h.Sum(nil))
}

// learnFrom mixes the labels with what a teacher answered, its logits in the order of the split.
func (j *Job) learnFrom(logits []float32) {
	d, n := j.distilled, j.Task.Outputs()
	taught := j.Program.Soften(logits)
	d.soft = make(map[int][]float32, len(j.trainExamples))
	for i := range j.trainExamples {
		e := j.trained.At(i)
		soft := targetsOf(j.Task, e)
		for c, x := range taught[i*n : (i+1)*n] {
			soft[c] = float32((1-d.share)*float64(soft[c]) + d.share*float64(x))
		}
		d.soft[e.Index] = soft
	}
}
