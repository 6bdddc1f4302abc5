package main

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
)

// variable is the text of an environment variable, which holds numbers as text; a
// string in a file where a number belongs is a mistake.
type variable string

// exactNumber gives raw the type to: int, uint64, float64 or bool.
func exactNumber(to reflect.Type, raw any) (any, error) {
	if text, ok := raw.(variable); ok {
		return parseNumber(to, string(text))
	}
	switch to.Kind() {
	case reflect.Float64:
		switch raw := raw.(type) {
		case float64:
			return raw, nil
		case int:
			return float64(raw), nil
		}
		return nil, fmt.Errorf("%s is not a number", show(raw))
	case reflect.Uint64:
		switch raw := raw.(type) {
		case uint64:
			return raw, nil
		case int:
			if raw >= 0 {
				return uint64(raw), nil
			}
		}
		return nil, fmt.Errorf("%s is not a whole number from 0 up", show(raw))
	case reflect.Int:
		if raw, ok := raw.(int); ok {
			return raw, nil
		}
		return nil, fmt.Errorf("%s is not a whole number", show(raw))
	case reflect.Bool:
		if raw, ok := raw.(bool); ok {
			return raw, nil
		}
		return nil, fmt.Errorf("%s is not true or false", show(raw))
	}
	return nil, fmt.Errorf("setting of unknown type %s", to)
}

func parseNumber(to reflect.Type, text string) (any, error) {
	switch to.Kind() {
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
	return nil, fmt.Errorf("setting of unknown type %s", to)
}

// show quotes text, so that "8" and 8 differ in a message.
func show(raw any) string {
	if s, ok := raw.(string); ok {
		return strconv.Quote(s)
	}
	return fmt.Sprint(raw)
}
