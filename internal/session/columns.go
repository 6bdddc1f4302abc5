package session

import (
	"fmt"
	"slices"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/settings"
)

// Columns is the knowledge about the columns of a classification head: which label each of them
// stands for. The strongest source decides: what the user states, what the adapter's folder
// records, what id2label of the base model's config.json says. Where none names them, they
// are in the task's own order.
type Columns struct {
	Outputs  int           // columns of the head; 0: not known yet
	Stated   []string      // by the user, in order; nil: nothing
	Recorded []string      // by the adapter's folder; nil: nothing
	Task     string        // that the adapter was trained for; "": its folder does not say
	Adapter  string        // folder of the adapter, for messages
	Config   *model.Config // of the base model
	Place    string        // of its config.json, for messages
}

// Order gives the task with its labels in the order of the columns. Names that do not match
// the task's labels are fault.Invalid because of OtherLabels, unless the user states the order.
func (c *Columns) Order(t *data.Task) (*data.Task, error) {
	switch {
	case len(c.Recorded) > 0:
		return c.byRecord(t)
	case c.Task != "": // of an adapter that dylora made: its head is the task's own
		return t, nil
	case t.Labels == nil: // one output
		return t, c.checkProblem(t)
	}
	if err := c.checkProblem(t); err != nil || !c.named() {
		return t, err
	}
	ordered, ok := t.Columns(c.Config.Labels, "")
	switch {
	case c.Stated != nil: // t has that order
		return t, nil
	case ok:
		return ordered, nil
	case data.Unnamed(c.Config.Labels):
		return t, nil
	}
	return nil, fault.Because(OtherLabels, fault.Invalidf("%s: id2label names the columns of the head %s, and task %s has the labels %s",
		c.Place, data.Listed(c.Config.Labels), t.Name, data.Listed(t.Labels)))
}

// named says whether id2label can be of this head: it names as many columns.
func (c *Columns) named() bool {
	n := len(c.Config.Labels)
	return n > 0 && (c.Outputs == 0 || c.Outputs == n)
}

// Correction tells where the user's order of the labels differs from id2label's, in words; ""
// where it does not.
func (c *Columns) Correction(t *data.Task) string {
	if c.Stated == nil || len(c.Recorded) > 0 || !c.named() || data.Unnamed(c.Config.Labels) {
		return ""
	}
	if ordered, ok := t.Columns(c.Config.Labels, ""); ok && slices.Equal(ordered.Labels, t.Labels) {
		return ""
	}
	return fmt.Sprintf("the columns of the head are %s, as stated; %s: id2label has %s", data.Listed(t.Labels), c.Place, data.Listed(c.Config.Labels))
}

// byRecord orders the labels as the adapter was trained.
func (c *Columns) byRecord(t *data.Task) (*data.Task, error) {
	ordered, ok := t.Columns(c.Recorded, c.Task)
	switch {
	case !ok && c.Stated != nil: // what the names of another task mean
		return t, nil
	case !ok:
		return nil, fault.Because(OtherTask, fault.Invalidf("%s was trained for the labels %s, and task %s has %s", c.Adapter, data.Listed(c.Recorded), t.Name, data.Listed(t.Labels)))
	case c.Stated != nil && !slices.Equal(ordered.Labels, t.Labels):
		return nil, fault.Usagef("labels: the columns of the head are %s, as %s records, not %s: leave labels out", data.Listed(ordered.Labels), c.Adapter, data.Listed(t.Labels))
	}
	return ordered, nil
}

// checkProblem refuses a task that reads the logits of the base's head in another way than
// its problem_type says. It says nothing of a head of another size.
func (c *Columns) checkProblem(t *data.Task) error {
	said := c.Config.ProblemType
	if said == "" || said == problemType(t) || c.Outputs != 0 && c.Outputs != c.Config.Outputs {
		return nil
	}
	return fault.Because(OtherProblem, fault.Invalidf("%s: problem_type is %s, and task %s is a %s", c.Place, said, t.Name, t.Kind.Noun()))
}

// columns are those of the session's head on a base model.
func (s *Session) columns(c *model.Config, place string) (*Columns, error) {
	stated, err := s.Data.StatedLabels()
	if err != nil {
		return nil, err
	}
	columns := &Columns{Stated: stated, Adapter: s.Folder, Config: c, Place: place, Outputs: s.outputs()}
	columns.Recorded, columns.Task = s.recorded(columns.Outputs)
	return columns, nil
}

// outputs is the number of columns of the adapter's own head; 0 where it has none.
func (s *Session) outputs() int {
	if head := s.Adapter.Head; len(head) > 0 {
		return len(head[len(head)-1].Data) // the last layer's bias
	}
	return 0
}

// settleLabels brings the task's labels into the order of the head's columns, once the base
// model's configuration is known, and refuses a head for another number of labels.
func (s *Session) settleLabels(c *model.Config, place string) error {
	columns, err := s.columns(c, place)
	if err != nil {
		return err
	}
	if s.proposal == nil {
		if s.Task, err = s.unknownTask(columns); err != nil {
			return err
		}
		return CheckUse(s.settings, s.Task)
	}
	t, told, err := s.proposal.Decide(c, place)
	if err != nil {
		return err
	}
	if told != "" && !s.settled {
		s.env.Say(told)
	}
	if t, err = columns.Order(t); err != nil {
		return err
	}
	if note := columns.Correction(t); note != "" && !s.settled {
		s.env.Say(note)
	}
	if t, err = s.headline(t); err != nil {
		return err
	}
	s.Task, s.settled = t, true
	if s.measured != nil {
		if err := s.measured(t); err != nil {
			return err
		}
	}
	return s.checkHead()
}

// headline puts the metric that the settings name first. The metric of a run counts no more where
// another task is measured that does not have it.
func (s *Session) headline(t *data.Task) (*data.Task, error) {
	first, err := evaluate.WithMetric(t, s.Data.Metric)
	if err == nil || s.settings.Origin("metric") != settings.Run {
		return first, err
	}
	if !s.settled {
		s.env.Say(fmt.Sprintf("%v; the first metric is %s", err, t.Metrics[0]))
	}
	return t, nil
}

// unknownTask stands for the task where neither user nor adapter name one. Its labels are the
// names of the head's columns as Transformers has them: those that the user states or that
// id2label gives to as many columns, else LABEL_n. One output is a score.
func (s *Session) unknownTask(c *Columns) (*data.Task, error) {
	n := c.Outputs
	if n == 0 {
		n = c.Config.Outputs
	}
	t := &data.Task{Name: unknown, Kind: kindOf(c.Config.ProblemType), Labels: c.Stated, Threshold: s.Data.Threshold}
	if t.Kind == data.Regression && n > 1 && n != c.Config.Outputs {
		t.Kind = data.Classification // the head is not the one that config.json tells of
	}
	switch {
	case c.Stated != nil && len(c.Stated) != n:
		return nil, fault.Usagef("labels: %s are %d, and the head has %d columns", data.Listed(c.Stated), len(c.Stated), n)
	case c.Stated != nil:
	case n == 1 && t.Kind != data.MultiLabel:
		t.Kind = data.Regression
	case len(c.Config.Labels) == n:
		t.Labels = slices.Clone(c.Config.Labels)
	default:
		for i := range n {
			t.Labels = append(t.Labels, fmt.Sprintf("LABEL_%d", i))
		}
	}
	return t, nil
}

// unknown is the name of a task that nobody names.
const unknown = "unknown"

// TaskUnknown says that neither the user nor the adapter names the task.
func (s *Session) TaskUnknown() bool { return s.Task.Name == unknown }

// noTask asks for a task.
func (s *Session) noTask() error {
	return fault.Because(NoTask, fault.Usagef("%s: the adapter records no task", s.Path))
}

// namesByBase says whether id2label of the base model names the session's columns as the task
// does, so that a merged model can keep it.
func (s *Session) namesByBase() bool {
	names := s.Encoder.Model.Config.Labels
	if len(names) != evaluate.Outputs(s.Task) || data.Unnamed(names) {
		return false
	}
	switch {
	case s.Task.Labels == nil:
		return true
	case s.TaskUnknown():
		return slices.Equal(names, s.Task.Labels)
	}
	ordered, ok := s.Task.Columns(names, "")
	return ok && slices.Equal(ordered.Labels, s.Task.Labels)
}
