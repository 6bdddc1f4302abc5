package schema

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
)

// ParseText reads a value of the type to from text, as environment variables, flags and tags
// hold it: int, uint64, float64 (never NaN), bool, or a type of text.
func ParseText(to reflect.Type, text string) (any, error) {
	switch to.Kind() {
	case reflect.String:
		return reflect.ValueOf(text).Convert(to).Interface(), nil
	case reflect.Float64:
		if f, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(f) {
			return f, nil
		}
		return nil, fmt.Errorf("%q is not a number", text)
	case reflect.Uint64:
		if u, err := strconv.ParseUint(text, 10, 64); err == nil {
			return u, nil
		}
		return nil, fmt.Errorf("%q is not a whole number from 0 up", text)
	case reflect.Int:
		if i, err := strconv.Atoi(text); err == nil {
			return i, nil
		}
		return nil, fmt.Errorf("%q is not a whole number", text)
	case reflect.Bool:
		if text == "true" || text == "false" {
			return text == "true", nil
		}
		return nil, fmt.Errorf("%q is not true or false", text)
	}
	return nil, fmt.Errorf("a setting cannot be of type %s", to)
}
