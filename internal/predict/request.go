package predict

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/dylora/dylora/classify"
	"github.com/dylora/dylora/internal/answer"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

// Request says which rows are to be answered, and how.
type Request struct {
	Name    string // of the input, for messages
	Input   Format
	Guessed bool // Input is by the ending of a name
	Output  Format
	Columns Columns // as the user names them
	OnError Policy
	answer.Choice

	given bool // a threshold
}

// unused are settings of evaluation that texts to predict have no use for.
var unused = []string{"dev_file", "max_eval_examples"}

// Take takes the settings that the user gives of the input and of answers out of the layers: the columns of texts to
// predict may be others than those of the training, and a threshold holds for every classification. It
// refuses what has no effect (fault.Usage).
func (q *Request) Take(layers []*settings.Layer) error {
	for i, l := range layers {
		taken := []string{"text_column", "pair_column", "quoting", "delimiter"}
		if l.Origin != settings.File { // which may be a run's, and has one for any task
			taken = append(taken, "threshold")
		}
		for _, key := range l.Keys() {
			v, _ := l.Value(key)
			if !slices.Contains(taken, key) && !slices.Contains(unused, key) {
				continue
			}
			if key == "threshold" {
				if err := sound(l, key, v); err != nil {
					return err
				}
			}
			if err := q.take(key, v); err != nil && l.Origin == settings.Flag {
				return fault.Usagef("%s: %w (%s)", key, err, l.Place(key))
			}
		}
		layers[i] = l.Without(taken...)
	}
	if q.Unsure != "" && !q.given {
		return fault.Because(NoThreshold, fault.Usagef("%q is the answer below a threshold, and there is none", q.Unsure))
	}
	return nil
}

// sound refuses a value that is out of the setting's bounds: the layers are resolved without it.
func sound(l *settings.Layer, key string, v any) error {
	alone := settings.NewLayer(l.Origin)
	alone.Set(key, l.Place(key), v)
	_, err := settings.Resolve(alone)
	return err
}

// take takes a setting; an error says why it has no effect.
func (q *Request) take(key string, v any) error {
	text, _ := v.(string)
	switch {
	case key == "text_column" && q.Input.Named():
		q.Columns.A = []string{text}
	case key == "pair_column" && q.Input.Named() && text != "":
		q.Columns.B = []string{text}
	case key == "text_column" || key == "pair_column":
		return fmt.Errorf("the input is plain text and has no columns")
	case key == "quoting" && q.Input.table():
		q.Columns.Quoting, _ = v.(data.Quoting)
	case key == "delimiter" && q.Input.table():
		q.Columns.Delimiter = text
	case key == "quoting" || key == "delimiter":
		return fmt.Errorf("is for tables, and the input is %s", q.Input)
	case key == "threshold":
		q.Threshold, _ = v.(float64)
		q.given = true
	default:
		return fmt.Errorf("has no effect on texts to predict")
	}
	return nil
}

// Answer reads the rows of in and writes them to out with the answers of the session's adapter at a rank. It tells how
// many rows had an error and how many texts were cut.
func (q Request) Answer(ctx context.Context, env *session.Env, s *session.Session, rank int, in io.Reader, out io.Writer) (err error) {
	temperature, task := s.Calibrated(rank)
	task, choice, err := q.Choice.For(task, q.given)
	if err != nil {
		return err
	}
	columns := q.columns(s)
	if in, err = q.bare(env, s, columns, in); err != nil {
		return err
	}
	input := Input{Name: q.Name, Format: q.Input, Columns: columns, Arity: arity(s), Pass: q.Input.Named() && q.Output.Named()}
	input.Convert = input.Pass && !q.Input.objects() && q.Output.objects()
	printer, err := NewPrinter(out, task, Printing{Choice: choice, Input: q.Input, Output: q.Output, Columns: input.Columns, Temperature: temperature, Errors: q.OnError == Null})
	if err != nil {
		return err
	}
	if q.Input.objects() {
		input.Reserved = printer.Reserved()
	}
	c, err := classify.Of(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	show, began := env.Begin("predict", 0), time.Now()
	defer show.End()
	tally, err := Run(ctx, input.Rows(in), c, Options{Rank: rank, OnError: q.OnError}, shown(printer.Print, show))
	if err != nil {
		return err
	}
	show.End()
	if err := printer.Close(); err != nil {
		return err
	}
	q.tell(env, tally, s.LongestText())
	if took := time.Since(began); took >= worthATotal {
		env.Say(fmt.Sprintf("%d texts in %s, %.0f a second", tally.Rows, took.Round(time.Second), float64(tally.Rows)/took.Seconds()))
	}
	return nil
}

// shown puts rows and shows how many there were.
func shown(put func([]*Row, []float32) error, show session.Progress) func([]*Row, []float32) error {
	done := 0
	return func(rows []*Row, logits []float32) error {
		err := put(rows, logits)
		done += len(rows)
		show.At(done)
		return err
	}
}

// worthATotal is the time from which it is said how long the answers took.
const worthATotal = 5 * time.Second

// bare finds the lines without a header that files that end in .tsv hold as well, unless the user or the adapter names columns:
// the first one has no column of a text's name, and as many as the task takes texts. It gives all of in.
func (q *Request) bare(env *session.Env, s *session.Session, c Columns, in io.Reader) (io.Reader, error) {
	if !q.Guessed || q.Input != TSV || q.Columns.A != nil || q.Columns.B != nil || data.IsFile(s.Data.Task) {
		return in, nil
	}
	r := bufio.NewReaderSize(in, longestHeader)
	start, err := r.Peek(longestHeader)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fault.Invalidf("cannot read %s: %w", q.Name, err)
	}
	line, _, _ := strings.Cut(strings.TrimPrefix(string(start), "\ufeff"), "\n")
	names := strings.Split(strings.TrimSuffix(line, "\r"), "\t")
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	named := slices.ContainsFunc(append(slices.Clone(c.A), c.B...), func(name string) bool { return slices.Contains(names, name) })
	if named || line == "" || !fits(line, arity(s)) {
		return r, nil
	}
	env.Say(fmt.Sprintf("%s: the first line names no column %q, so that it is a text like all lines", q.Name, c.A[0]))
	if q.Input = Plain; q.Output == TSV {
		q.Output = Plain
	}
	return r, nil
}

// fits says whether a line holds as many texts as a task takes.
func fits(line string, n Arity) bool {
	_, err := texts(line, n)
	return err == nil
}

// longestHeader is how many bytes of a first line are looked at.
const longestHeader = 1 << 16

// tell says what a user may not see in the answers.
func (q Request) tell(env *session.Env, t Tally, limit int) {
	if t.Truncated > 0 {
		env.Say(fmt.Sprintf("%d of %d texts were longer than %d tokens and are cut", t.Truncated, t.Rows, limit))
	}
	if t.Failed > 0 {
		what := "have their error in place of an answer"
		if q.OnError == Skip {
			what = "are left out"
		}
		env.Say(fmt.Sprintf("%d of %d rows could not be read and %s", t.Failed, t.Rows, what))
	}
}

// columns are those of the texts.
func (q Request) columns(s *session.Session) Columns {
	trained := Columns{A: listed(s.Data.TextColumn), B: listed(s.Data.PairColumn)}
	if FormatOf(s.Data.Task) == q.Input { // in files of another format other letters stand between columns
		trained.Quoting, trained.Delimiter = s.Data.Quoting, s.Data.Delimiter
	}
	return Names(s.Task, q.Columns, trained)
}

// listed is a name as a list; none where it is "".
func listed(name string) []string {
	if strings.TrimSpace(name) == "" {
		return nil
	}
	return []string{name}
}

// arity is how many texts the rows of a session's task have.
func arity(s *session.Session) Arity {
	switch {
	case s.TaskUnknown():
		return Either
	case s.Task.Pair:
		return Pairs
	}
	return Singles
}
