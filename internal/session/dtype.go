package session

import (
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
)

// ParseDType reads "f32", "f16" or "bf16", and gives the type of weights as [Form] has it. Others are an error of class Usage.
func ParseDType(name string) (string, error) {
	types := map[string]string{"f32": safetensors.Float32, "f16": safetensors.Float16, "bf16": safetensors.BFloat16}
	if types[name] == "" {
		return "", fault.Usagef("%q is none of f32, f16, bf16", name)
	}
	return types[name], nil
}
