//go:build !amd64

package kernel

func vectorGELU(_, _ []float32) bool                                     { return false }
func vectorGELUBackward(_, _, _ []float32) bool                          { return false }
func vectorSoftmax([]float32, int, int, int, float32) bool               { return false }
func vectorSoftmaxBackward(_, _ []float32, _, _, _ int, _ float32) bool  { return false }
func vectorDropout(_, _ []float32, _, _, _, _ uint32, _ float32) bool    { return false }
func vectorLayerNorm(_, _, _, _, _ []float32, _ float32) bool            { return false }
func vectorLayerNormBackward(_, _, _, _, _ []float32, _ float32) bool    { return false }
func vectorAdamW(_, _, _, _ []float32, _, _, _, _, _, _, _ float32) bool { return false }
func vectorScale([]float32, float32) bool                                { return false }
func vectorAddScaled(_, _ []float32, _ float32) bool                     { return false }

func pause(n int) {
	for range n {
	}
}
