package model

import (
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model/op"
)

// TestPlacesRefuse: a token or a type without an embedding is bad input, and named.
func TestPlacesRefuse(t *testing.T) {
	e := embeddings{word: make([]float32, 2*5), position: make([]float32, 2*9), tokenType: make([]float32, 2), norm: op.Norm{Gamma: make([]float32, 2)}, pad: -1}
	if _, err := e.places([]int32{0, 4}, []int32{0, 0}, []int32{0, 2}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		id, kind int32
		want     string
	}{{5, 0, "token with the id 5, and config.json's vocab_size is 5"}, {-1, 0, "the id -1"}, {1, 1, "token type 1, and config.json's type_vocab_size is 1"}, {1, -1, "token type -1"}} {
		_, err := e.places([]int32{0, tt.id}, []int32{0, tt.kind}, []int32{0, 2})
		if fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("token %d of type %d: %v, want %q", tt.id, tt.kind, err, tt.want)
		}
	}
}
