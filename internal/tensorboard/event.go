// Package tensorboard writes event files that TensorBoard shows: scalars by step.
//
// An event file is a sequence of records, each framed by its length and checksums
// (TensorFlow's lib/io/record_writer), each one an Event of event.proto in protobuf's
// wire format.
package tensorboard

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Scalar is the value of one chart at a step.
type Scalar struct {
	Tag   string // the chart's name; charts with the same text before a '/' are shown together
	Value float64
}

// Numbers of the fields, from event.proto and summary.proto.
const (
	eventWallTime    = 1
	eventStep        = 2
	eventFileVersion = 3
	eventSummary     = 5
	eventSessionLog  = 7
	summaryValue     = 1
	valueTag         = 1
	valueSimple      = 2
	sessionStatus    = 1
	sessionStart     = 1 // the value START of SessionLog.SessionStatus
)

// fileVersion is what a file opens with: its format, by which readers obey a session's start.
const fileVersion = "brain.Event:2"

// versionEvent is a file's first event.
func versionEvent(now time.Time) []byte {
	b := protowire.AppendTag(event(now, 0), eventFileVersion, protowire.BytesType)
	return protowire.AppendString(b, fileVersion)
}

// startEvent says that a process starts at step: what others wrote of that step and later
// ones no longer counts.
func startEvent(now time.Time, step int) []byte {
	b := protowire.AppendTag(event(now, step), eventSessionLog, protowire.BytesType)
	status := protowire.AppendTag(nil, sessionStatus, protowire.VarintType)
	return protowire.AppendBytes(b, protowire.AppendVarint(status, sessionStart))
}

// summaryEvent is the scalars of a step.
func summaryEvent(now time.Time, step int, scalars []Scalar) []byte {
	var summary, value []byte
	for _, s := range scalars {
		value = protowire.AppendTag(value[:0], valueTag, protowire.BytesType)
		value = protowire.AppendString(value, s.Tag)
		value = protowire.AppendTag(value, valueSimple, protowire.Fixed32Type)
		value = protowire.AppendFixed32(value, math.Float32bits(float32(s.Value)))
		summary = protowire.AppendTag(summary, summaryValue, protowire.BytesType)
		summary = protowire.AppendBytes(summary, value)
	}
	b := protowire.AppendTag(event(now, step), eventSummary, protowire.BytesType)
	return protowire.AppendBytes(b, summary)
}

// event begins an Event: what all kinds have.
func event(now time.Time, step int) []byte {
	b := protowire.AppendTag(nil, eventWallTime, protowire.Fixed64Type)
	b = protowire.AppendFixed64(b, math.Float64bits(float64(now.UnixMicro())/1e6))
	if step == 0 { // the default, which protobuf leaves out
		return b
	}
	b = protowire.AppendTag(b, eventStep, protowire.VarintType)
	return protowire.AppendVarint(b, uint64(step))
}

// record frames data: its length, that one's checksum, data, and its checksum.
func record(data []byte) []byte {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, len(data)+16), uint64(len(data)))
	b = binary.LittleEndian.AppendUint32(b, checksum(b))
	b = append(b, data...)
	return binary.LittleEndian.AppendUint32(b, checksum(data))
}

// checksum is CRC-32C, masked since the files may hold checksums as data themselves.
func checksum(b []byte) uint32 {
	c := crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
	return (c>>15 | c<<17) + 0xa282ead8
}
