package session

import (
	"context"
	"path"
	"slices"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/program"
	"github.com/dylora/dylora/internal/schema"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// Options say how Open opens an adapter on its base model.
type Options struct {
	Layers    []*settings.Layer // what the user says; it beats what the adapter remembers
	ForceBase bool              // take an adapter that was trained on other weights
	AnyTask   bool              // where the task is not known, the columns of the head are its labels
	Exact     bool              // unrounded weights, whatever the precision that is set
	Split     string            // to be measured; it is read before the weights are. "": none
	Shared    *Encoder          // of Base; is taken if it is the adapter's base model; nil: the base model is loaded
	Load      Load              // what is to be computed; the zero value is an evaluation at one rank

	// Check may refuse the task, before data or model are read; nil: nothing is refused.
	Check func(t *data.Task, d settings.Data) error

	// Measured may refuse the task as it is going to be measured, its kind, labels and first metric
	// settled, before data or weights are read; nil: nothing is refused.
	Measured func(t *data.Task) error
}

// Session is an adapter on its base model, ready to compute.
type Session struct {
	*StoredAdapter
	Data    settings.Data
	Task    *data.Task
	Encoder *Encoder
	Program *program.Program

	// OtherData has a line for each file of the splits read that is not the one that the adapter was trained with.
	OtherData []string

	base *Encoder // without the adapter's biases; nil where the adapter has taken the place of more of it

	env     *Env
	splits  map[string][]data.Example // that have been read
	settled bool                      // the labels are in the order of the head's columns

	settings *settings.Resolved
	proposal *Proposal // of the task; nil where nobody names it
	measured func(t *data.Task) error

	finder         *finder // of the data
	toldUnrecorded bool    // that there is no record of them
}

// Open joins a stored adapter with its base model and its task, and holds them against each
// other. What can be refused by the files of the adapter and the task alone is refused before
// the model is loaded. The stored adapter stays as it is: what it lacks of the model only the
// session's copy gets. The processes of a group all end with an error where one does.
func Open(ctx context.Context, env *Env, a *StoredAdapter, o Options) (*Session, error) {
	s, err := openHere(ctx, env, a, o)
	return s, train.Agree(env.Group, err)
}

func openHere(ctx context.Context, env *Env, a *StoredAdapter, o Options) (*Session, error) {
	s := &Session{StoredAdapter: a.clone(), env: env, splits: map[string][]data.Example{}, measured: o.Measured}
	r, err := s.settle(o)
	if err != nil {
		return nil, err
	}
	arithmetic, err := NewArithmetic(r.Machine)
	if err != nil {
		return nil, err
	}
	env.TellBinding(arithmetic)
	if o.Exact {
		arithmetic = arithmetic.exact()
	}
	if _, task := s.recorded(s.outputs()); task != "" && s.proposal != nil && !s.proposal.open { // no base model is needed for the order of the labels
		if err := s.settleLabels(new(model.Config), ""); err != nil {
			return nil, err
		}
		if o.Split != "" {
			if _, err := s.Split(ctx, o.Split); err != nil {
				return nil, err
			}
		}
	}
	if err := s.load(ctx, r, arithmetic, o); err != nil {
		return nil, err
	}
	return s, s.compile(ctx, program.Options{Seed: r.Train.Loop.Seed}, arithmetic)
}

// resolve joins what the user says and what the adapter remembers.
func (a *StoredAdapter) resolve(o Options) (remembered *settings.Layer, r *settings.Resolved, err error) {
	if remembered, err = a.Remembered(); err != nil {
		return nil, nil, err
	}
	r, err = settings.Resolve(append([]*settings.Layer{forTask(remembered, o.Layers)}, o.Layers...)...)
	return remembered, r, err
}

// settle joins the settings and finds the task, and refuses one that is not the adapter's.
func (s *Session) settle(o Options) (*settings.Resolved, error) {
	remembered, r, err := s.resolve(o)
	if err != nil {
		return nil, err
	}
	base, _ := remembered.Value("model")
	if r.Origin("revision") == settings.Run && r.Data.Model != base {
		r = r.With("revision", "") // it is one of the model that is remembered
	}
	if s.finder, err = s.newFinder(r.Data.AllowChangedData); err != nil {
		return nil, err
	}
	if folder := s.finder.folder(); folder != "" && !r.Explicit("data_dir") {
		r = r.With("data_dir", folder)
	}
	s.Data, s.settings = r.Data, r
	if err := s.findTask(r, o.AnyTask && o.Split == ""); err != nil {
		return nil, err
	}
	if s.Task != nil && !data.IsFile(s.Data.Task) { // of the user's own files there may be more labels yet
		if err := s.checkHead(); err != nil {
			return nil, err
		}
	}
	if o.Check != nil && s.Task != nil {
		err = o.Check(s.Task, s.Data)
	}
	return r, err
}

// forTask is what is remembered without the settings of the user's own files, where the user
// names a task that is none: there they are refused, and nobody has given them.
func forTask(remembered *settings.Layer, layers []*settings.Layer) *settings.Layer {
	var task string
	for _, l := range layers {
		if v, given := l.Value("task"); given {
			task, _ = v.(string)
		}
	}
	if task == "" || data.IsFile(task) {
		return remembered
	}
	l := settings.NewLayer(remembered.Origin)
	for _, key := range remembered.Keys() {
		if v, _ := remembered.Value(key); !slices.Contains(settings.Scoped(schema.Files), key) {
			l.Set(key, remembered.Place(key), v)
		}
	}
	return l
}

// load finds the encoder, and by its configuration the order of the labels where the adapter does
// not record it, in which the split is read; then it reads the weights and joins them with the
// adapter.
func (s *Session) load(ctx context.Context, r *settings.Resolved, a Arithmetic, o Options) (err error) {
	place := path.Join(r.Data.Model, "config.json")
	check := func(c *model.Config) error {
		if err := s.checkModules(r.Data.Model, c); err != nil {
			return err
		}
		if err := s.settleLabels(c, place); err != nil {
			return err
		}
		if o.Split != "" {
			if _, err := s.Split(ctx, o.Split); err != nil {
				return err
			}
		}
		return s.fits(c, a, o)
	}
	use := Use{Check: check, Pairs: func() bool { return s.Task.Pair }, Trained: true, Saved: s.Adapter.Saved}
	if s.Encoder = s.share(o.Shared, a); s.Encoder != nil {
		err = s.Encoder.fits(r, use)
	} else {
		s.Encoder, err = LoadEncoderFor(ctx, s.env, r, a, use)
	}
	if err != nil {
		return err
	}
	if err := s.checkBase(o.ForceBase); err != nil {
		return err
	}
	if len(s.Adapter.Saved) == 0 {
		base := *s.Encoder
		s.base = &base
	}
	return s.exchange()
}

// compile makes the program; for int8 once more, after the calibration by the first.
func (s *Session) compile(ctx context.Context, o program.Options, a Arithmetic) (err error) {
	if s.Program, err = program.New(s.Encoder.Model, s.Adapter, s.Task, o); err != nil || a.Precision != kernel.Int8 {
		return err
	}
	sample := s.sample(ctx)
	if err := s.Encoder.Calibrate(ctx, s.env, s.Program, s.Adapter.Rank, sample); err != nil {
		return err
	}
	if err := s.Program.Close(); err != nil {
		return err
	}
	s.Program, err = program.New(s.Encoder.Model, s.Adapter, s.Task, o)
	return err
}

// findTask looks up the task. Where it is not known and need not be, it stays nil: the base
// model's configuration has to be known first.
func (s *Session) findTask(r *settings.Resolved, any bool) (err error) {
	unsaid := func(key string) bool { return r.Origin(key) == settings.Default }
	switch {
	case unsaid("task") && !any:
		return s.noTask()
	case unsaid("model"):
		return fault.Because(NoModel, fault.Usagef("%s: the adapter records no base model", s.Path))
	case unsaid("task"):
		return nil
	}
	if s.proposal, err = Propose(r, s.labels()); err != nil {
		return err
	}
	s.Task = s.proposal.Task
	return s.checkTask()
}
