package session

import (
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/settings"
)

// share is an encoder that another session has loaded, for this one: nil where it is not the adapter's base model, or cannot be
// shared. An adapter that holds whole tensors of the base model changes it, and int8 is calibrated for one adapter alone. The same
// weights under another name count as another model: the tokenizer beside them may be another one.
func (s *Session) share(e *Encoder, a Arithmetic) *Encoder {
	switch {
	case e == nil || len(s.Adapter.Saved) > 0 || a.Precision == kernel.Int8 || s.Whole():
		return nil
	case e.Name != s.Data.Model || e.Revision != s.Data.Revision:
		return nil
	}
	own := *e
	return &own
}

// Base is the base model as it is without the adapter, for [Options.Shared] of further sessions; nil where the adapter holds whole
// tensors of it.
func (s *Session) Base() *Encoder { return s.base }

// fits holds a shared encoder against what an adapter needs, as LoadEncoderFor does one that it loads, and sets the length of
// its sequences.
func (e *Encoder) fits(r *settings.Resolved, use Use) (err error) {
	c := &e.Model.Config
	if e.MaxLength, err = length(e.Name, c, r); err != nil {
		return err
	}
	if err := use.Check(c); err != nil {
		return err
	}
	return e.Folder.CheckTypes(use.Pairs())
}
