//go:build !amd64

package kernel

func vectorExtensions(Level) []Extension { return nil }

func formOf(Level, Extension) *form { return formPortable }

func (Level) vectorAbsoluteMaximum(_, _ []float32) (uint32, bool) { return 0, false }

func (Level) vectorQuantizeI16(_ []int32, _, _ []float32, _ float32) bool { return false }

func (Level) vectorQuantizeInt8(_ []int32, _, _ []float32, _ float32) bool { return false }

func (Level) vectorRoundBF16(_ []int32, _ []float32) bool { return false }
