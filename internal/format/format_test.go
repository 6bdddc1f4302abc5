package format

import (
	"errors"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ document, want string }{
		{`{}`, ""},
		{`{"format": 1, "new": {"format": 9}}`, ""},
		{`{"format": 2}`, ""},
		{`{"format": 7}`, "dylora.json has format 7, this program reads up to 2: update dylora"},
		{`{"key of the future": [1], "format": 3}`, "dylora.json has format 3, this program reads up to 2: update dylora"},
		{`{"format": 0}`, "dylora.json has format 0: formats begin at 1"},
		{`{"format": -1}`, "dylora.json has format -1: formats begin at 1"},
		{`{"format": null}`, ""},
		{`{"format": "pt"}`, ""}, // and the next are for whoever reads the whole
		{`{"format": 1.5}`, ""},
		{`[7]`, ""},
		{`{"format": 7`, ""},
		{``, ""},
	} {
		err := Check("dylora.json", []byte(tt.document), 2)
		if got := text(err); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.document, got, tt.want)
		}
		if errors.Is(err, ErrNewer) != strings.HasSuffix(tt.want, "update dylora") {
			t.Errorf("%s: newer %v", tt.document, errors.Is(err, ErrNewer))
		}
		if err != nil && fault.ClassOf(err) != fault.Invalid {
			t.Errorf("%s: class %v", tt.document, fault.ClassOf(err))
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
