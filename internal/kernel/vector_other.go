//go:build !amd64

package kernel

func (Level) vectorGELU(_, _ []float32) bool                                     { return false }
func (Level) vectorGELUBackward(_, _, _ []float32) bool                          { return false }
func (Level) vectorGated(_, _ []float32, _, _ float32) bool                      { return false }
func (Level) vectorGatedBackward(_, _, _ []float32, _, _ float32) bool           { return false }
func (Level) vectorSoftmax([]float32, int, int, int, float32) bool               { return false }
func (Level) vectorSoftmaxBackward(_, _ []float32, _, _, _ int, _ float32) bool  { return false }
func (Level) vectorDropout(_, _ []float32, _, _, _, _ uint32, _ float32) bool    { return false }
func (Level) vectorLayerNorm(_, _, _, _, _ []float32, _ float32) bool            { return false }
func (Level) vectorLayerNormBackward(_, _, _, _, _ []float32, _ float32) bool    { return false }
func (Level) vectorAdamW(_, _, _, _ []float32, _, _, _, _, _, _, _ float32) bool { return false }
func (Level) vectorScale([]float32, float32) bool                                { return false }
func (Level) vectorAddScaled(_, _ []float32, _ float32) bool                     { return false }

func pause(n int) {
	for range n {
	}
}
