package serve

import (
	"context"
	"errors"
	"fmt"

	"github.com/dylora/dylora/classify"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// Models are what a server loads when it starts.
type Models struct {
	Folders []string // [NAME=]FOLDER of each adapter; none: the newest run, or the built-in adapter where there is no run
	Ranks   string   // of requests that ask for none: RANK, auto, or NAME=RANK, separated by commas

	classify.Options // Adapters and DefaultRanks are made of the fields above
}

// Take takes the settings that classify has options for, from layers of which the last is the strongest.
func (m *Models) Take(layers []*settings.Layer) {
	for _, l := range layers {
		if v, ok := l.Value("model"); ok {
			m.Model = fmt.Sprint(v)
		}
		if v, ok := l.Value("precision"); ok {
			m.Precision = fmt.Sprint(v)
		}
		if v, ok := l.Value("threads"); ok {
			m.Threads, _ = v.(int) // its type
		}
		if v, ok := l.Value("max_length"); ok {
			m.MaxLength, _ = v.(int)
		}
	}
}

// complete finds the folders of adapters and their ranks. Without any folder it takes the newest run, unless fewer is allowed.
func (m *Models) complete(none bool) (err error) {
	folders := m.Folders
	if len(folders) == 0 && !none {
		newest, err := train.Latest(session.RunsRoot)
		if fault.ReasonOf(err) == train.NoRun && m.Model == "" {
			newest, err = classify.Sentiment, nil
			if m.Note != nil {
				m.Note("no run here yet: the answers are those of the built-in sentiment adapter, which is a toy")
			}
		}
		if err != nil {
			return err
		}
		folders = []string{newest}
	}
	if m.Adapters, err = named(folders); err != nil {
		return err
	}
	m.DefaultRanks, err = parseRanks(m.Ranks, m.Adapters)
	return err
}

// open loads the models.
func (m *Models) open(ctx context.Context, observe func(classify.Execution)) (closing, error) {
	o := m.Options
	o.Observe = observe
	c, err := classify.Open(ctx, o)
	var told *classify.Error
	switch {
	case err == nil:
		return c, nil
	case errors.As(err, &told) && (told.Code == classify.CodeRank || told.Code == classify.CodeOption):
		err = fault.Usagef("%w", err)
	}
	return nil, err
}
