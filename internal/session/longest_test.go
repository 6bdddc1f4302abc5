package session

import "testing"

// TestLongestText: a text to predict may be as long as the model takes, whatever the adapter was trained with, unless the user says.
func TestLongestText(t *testing.T) {
	e, u := reference(t, "roberta"), surround(t)
	base := "model: " + e.Model() + "; task: mnli"
	s := opened(t, u.Env, peft(e), base, Options{})
	if got, want := s.LongestText(), s.Encoder.Model.Config.MaxLength(); got != want {
		t.Errorf("%d tokens, the model takes %d", got, want)
	}
	if got := opened(t, u.Env, peft(e), base+"; max_length: 7", Options{}).LongestText(); got != 7 {
		t.Errorf("%d tokens, 7 are asked for", got)
	}
}
