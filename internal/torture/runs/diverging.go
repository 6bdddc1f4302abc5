package runs

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/torture/row"
)

// divergence is a training that has to diverge.
type divergence struct {
	name string
	args func(dir string) ([]string, error) // of train, what is needed being written to dir
	what string                             // is NaN or Inf, as the message has it
}

// diverging runs trainings whose loss, gradient or weights stop being finite: by a learning rate, by a label of a regression, and by weights of the
// base model. Each has to stop with the exit code of its kind before the step counts, leave the checkpoint of the step before, whole and finite, and do so
// again when it is resumed.
func diverging(t *row.Trial) error {
	rate := func(model string, lr string, more ...string) func(string) ([]string, error) {
		return func(string) ([]string, error) {
			return short(encoder(t, model), 12, append([]string{"--lr", lr, "--checkpoint-every", "1", "--seed", fmt.Sprint(t.Random.IntN(1e6))}, more...)...), nil
		}
	}
	label := func(model, value string, more ...string) func(string) ([]string, error) {
		return func(dir string) ([]string, error) { return scores(t, dir, model, value, more...) }
	}
	base := func(model string, value float32) func(string) ([]string, error) {
		return func(dir string) ([]string, error) {
			if err := spoiled(dir, encoder(t, model), value); err != nil {
				return nil, err
			}
			return short("model", 12, "--checkpoint-every", "1"), nil
		}
	}
	all := []divergence{
		{"learning rate, bert", rate("bert", "1e30"), "loss"},
		{"learning rate without clipping, i16", rate("roberta", "1e25", "--clip", "0", "--precision", "i16"), "loss"},
		{"learning rate beyond float32, bert", rate("bert", "1e39", "--warmup", "0"), "weights' norm"},
		{"learning rate beyond float32, roberta", rate("roberta", "1e60", "--warmup", "0.5"), "weights' norm"},
		{"label, bert", label("bert", "3e38"), "loss"},
		{"negative label, roberta", label("roberta", "-3e38"), "loss"},
		{"label in i16", label("bert", "2e38", "--precision", "i16"), "loss"},
		{"label in micro-batches", label("roberta", "3e38", "--micro-batches", "4"), "loss"},
		{"label, without clipping", label("bert", "2.5e38", "--clip", "0"), "loss"},
		{"Inf in the base model", base("bert", float32(math.Inf(1))), "loss"},
		{"NaN in the base model", base("roberta", float32(math.NaN())), "loss"},
		{"weights that overflow in the base model", base("bert", 3e38), "loss"},
	}
	for _, i := range t.Pick(len(all)) {
		d := all[i]
		t.Case(d.name, func(dir string) error { return d.try(t, dir) })
	}
	return nil
}

// step is where a run says that it diverged.
var step = regexp.MustCompile(`train: step ([0-9]+), rank .*: the (.*) is (NaN|[+-]Inf): `)

// try runs the training, and resumes it.
func (d *divergence) try(t *row.Trial, dir string) error {
	args, err := d.args(dir)
	if err != nil {
		return err
	}
	at, before, err := d.stopped(t, dir, args)
	if err != nil {
		return err
	}
	again, after, err := d.stopped(t, dir, append(args, "--resume"))
	if err != nil {
		return fmt.Errorf("resumed: %w", err)
	}
	if again != at || !bytes.Equal(before, after) {
		return fmt.Errorf("diverged at step %d, and resumed at step %d; the checkpoint is the same: %t", at, again, bytes.Equal(before, after))
	}
	return nil
}

// stopped runs a training that has to diverge, and gives the step at which it does and the tensors of its newest checkpoint.
func (d *divergence) stopped(t *row.Trial, dir string, args []string) (at int, state []byte, err error) {
	o, err := run(t, t, dir, nil, args...)
	if err != nil {
		return 0, nil, err
	}
	found := step.FindStringSubmatch(o.err)
	if o.code != int(fault.Diverged) || found == nil || !strings.Contains("|"+d.what+"|", "|"+found[2]+"|") {
		return 0, nil, fmt.Errorf("exit code %d, want %d and a step whose %s is not finite: %s", o.code, fault.Diverged, d.what, o.err)
	}
	for _, name := range []string{"adapter", "sweep.json"} {
		if _, err := os.Stat(filepath.Join(dir, "run", name)); err == nil {
			return 0, nil, fmt.Errorf("%s is there", name)
		}
	}
	if at, err = strconv.Atoi(found[1]); err != nil {
		return 0, nil, err
	}
	newest, err := checkpoint(dir)
	if err != nil {
		return 0, nil, err
	}
	if want := fmt.Sprintf("step-%09d", at-1); at > 1 && filepath.Base(newest) != want || at == 1 && newest != "" {
		return 0, nil, fmt.Errorf("the newest checkpoint is %q, want %s, that before step %d", newest, want, at)
	}
	if newest == "" {
		return at, nil, nil
	}
	state, err = os.ReadFile(filepath.Join(newest, "state.safetensors"))
	if err != nil {
		return 0, nil, err
	}
	return at, state, finite(state)
}

// finite refuses tensors with NaN or Inf.
func finite(state []byte) error {
	f, err := safetensors.Parse("state.safetensors", state)
	if err != nil {
		return err
	}
	if len(f.Tensors) == 0 {
		return errors.New("the checkpoint has no tensors")
	}
	for _, x := range f.Tensors {
		v, err := x.Float32()
		if err != nil {
			return err
		}
		for i, n := range v {
			if math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
				return fmt.Errorf("%s of the checkpoint has %v at %d", x.Name, n, i)
			}
		}
	}
	return nil
}

// scores writes a regression of which one row has another value, and gives the training of it.
func scores(t *row.Trial, dir, model, value string, more ...string) ([]string, error) {
	const rows = 96
	var b strings.Builder
	b.WriteString("text,label\n")
	spoilt := t.Random.IntN(rows)
	for i := range rows {
		label := fmt.Sprint(float64(i%11) / 10)
		if i == spoilt {
			label = value
		}
		fmt.Fprintf(&b, "a film of %d parts,%s\n", i, label)
	}
	if err := os.WriteFile(filepath.Join(dir, "train.csv"), []byte(b.String()), 0o666); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "dev.csv"), []byte("text,label\na good film,0.9\na film,0.4\na bad film,0.1\n"), 0o666); err != nil {
		return nil, err
	}
	args := []string{"train", "--run", "run", "--model", encoder(t, model), "--task", "train.csv", "--dev-file", "dev.csv", "--kind", "regression", "--new-head", "--batch", "8", "--max-length", "20",
		"--epochs", "1", "--rank", "4", "--checkpoint-every", "1", "--quiet"}
	return append(args, more...), nil
}

// spoiled copies an encoder to the folder model, with one number of the first layer's normalisation another.
func spoiled(dir, encoder string, value float32) error {
	if err := os.CopyFS(filepath.Join(dir, "model"), os.DirFS(encoder)); err != nil {
		return err
	}
	path := filepath.Join(dir, "model", "model.safetensors")
	f, err := safetensors.Read(path)
	if err != nil {
		return err
	}
	var all []safetensors.Tensor
	hit := false
	for _, x := range f.Tensors {
		if strings.HasSuffix(x.Name, "encoder.layer.0.output.LayerNorm.weight") {
			v, err := x.Float32()
			if err != nil {
				return err
			}
			v[3], hit = value, true
			x = safetensors.F32(x.Name, x.Shape, v)
		}
		all = append(all, x)
	}
	if !hit {
		return errors.New("the encoder has no normalisation of its first layer")
	}
	b, err := safetensors.Encode(all, f.Metadata)
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o666)
}
