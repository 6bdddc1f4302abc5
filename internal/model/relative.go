package model

import (
	"math"

	"github.com/dylora/dylora/internal/model/op"
)

// relativeBias is the bias that attention adds to its scores by relative position; zero where the
// encoder has none.
type relativeBias struct {
	table []float32 // (buckets, heads), as the checkpoint has it
	bias  *op.RelativeBias
}

func (l *loader) relativeBias(c *Config) relativeBias {
	r := relativeBias{table: l.floats(c.architecture().RelativeBias + ".weight")}
	if l.err != nil {
		return relativeBias{}
	}
	heads := op.Heads{Count: c.Heads, Size: c.HeadSize()}
	r.bias = op.NewRelativeBias(heads, c.MaxLength(), func(head, distance int) float32 { return r.table[bucket(distance)*c.Heads+head] })
	return r
}

// MPNet's classes compute with these, whatever relative_attention_num_buckets says: a table of
// fewer rows has none for most distances, and of more only the first are read.
const (
	buckets     = 32
	maxDistance = 128 // from which on all distances are in the last bucket of their direction
)

// bucket is the row of the table for a key that lies distance tokens after its query. Half of
// the buckets are for keys before it, which come first; in each half, half are for one distance
// each, and the others grow with the logarithm. It is computed in float32, as there: at
// distances of 16, 32 and 64 rounding decides. Source: MPNetEncoder.relative_position_bucket of
// modeling_mpnet.py.
func bucket(distance int) int {
	const side, exact = buckets / 2, buckets / 4
	first := 0
	if distance > 0 {
		first = side
	}
	n := max(distance, -distance)
	if n < exact {
		return first + n
	}
	share := float32(math.Log(float64(float32(n)/exact))) / float32(math.Log(maxDistance/exact))
	return first + min(exact+int(share*(side-exact)), side-1)
}
