//go:build !amd64

package kernel

func vectorExtensions(Level) []Extension { return nil }

func formOf(Level, Extension) *form { return formPortable }

func vectorAbsoluteMaximum(_, _ []float32) (uint32, bool) { return 0, false }

func vectorQuantizeI16(_ []int32, _, _ []float32, _ float32) bool { return false }

func vectorQuantizeInt8(_ []int32, _, _ []float32, _ float32) bool { return false }

func vectorRoundBF16(_ []int32, _ []float32) bool { return false }
