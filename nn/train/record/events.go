package record

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Events writes a TensorBoard event file: records of
//
//	uint64 length, uint32 masked CRC32C of the length, data, uint32 masked CRC32C of the data
//
// all little endian, whose data are tensorflow.Event messages. Only the fields
// below are used, so no generated code is needed.
type Events struct {
	*file
	images map[string]int64 // update of the last picture, by its tag
}

// Field numbers of tensorflow/core/util/event.proto and framework/summary.proto.
const (
	eventWallTime    = 1 // double, seconds
	eventStep        = 2 // int64
	eventFileVersion = 3 // string
	eventSummary     = 5 // Summary
	summaryValue     = 1 // repeated Summary.Value
	valueTag         = 1 // string
	valueSimple      = 2 // float
)

const eventVersion = "brain.Event:2"

// OpenEvents opens or creates the event file at path and drops its records
// after the given update; -1 drops all. A last record that a crash tore is dropped,
// too; any other damage is an error, since good records may follow it.
func OpenEvents(path string, update int) (*Events, error) {
	data, err := read(path)
	if err != nil {
		return nil, err
	}
	keep := int64(0)
	if update >= 0 {
		if keep, err = recordsUntil(data, update); err != nil {
			return nil, fmt.Errorf("record: %s: %w; move the file away to continue without its past", path, err)
		}
	}
	f, err := openFile(path, keep)
	if err != nil {
		return nil, err
	}
	e := &Events{f, imagesIn(data[:keep])}
	if keep == 0 {
		return e, e.header()
	}
	return e, nil
}

func (e *Events) header() error {
	m := protowire.AppendTag(wallTime(nil), eventFileVersion, protowire.BytesType)
	return e.record(protowire.AppendString(m, eventVersion))
}

// Write appends one event with all scalars, tagged group/name.
func (e *Events) Write(update int, group string, scalars []Scalar) error {
	var summary []byte
	for _, s := range scalars {
		v := protowire.AppendTag(nil, valueTag, protowire.BytesType)
		v = protowire.AppendString(v, group+"/"+s.Name)
		v = protowire.AppendTag(v, valueSimple, protowire.Fixed32Type)
		v = protowire.AppendFixed32(v, math.Float32bits(float32(s.Value)))
		summary = protowire.AppendTag(summary, summaryValue, protowire.BytesType)
		summary = protowire.AppendBytes(summary, v)
	}
	return e.summary(update, summary)
}

// summary appends an event with a Summary.
func (e *Events) summary(update int, summary []byte) error {
	m := protowire.AppendTag(wallTime(nil), eventStep, protowire.VarintType)
	m = protowire.AppendVarint(m, uint64(update))
	m = protowire.AppendTag(m, eventSummary, protowire.BytesType)
	return e.record(protowire.AppendBytes(m, summary))
}

func wallTime(m []byte) []byte {
	m = protowire.AppendTag(m, eventWallTime, protowire.Fixed64Type)
	return protowire.AppendFixed64(m, math.Float64bits(float64(time.Now().UnixMicro())/1e6))
}

// record writes a framed message in one call.
func (e *Events) record(m []byte) error {
	r := binary.LittleEndian.AppendUint64(nil, uint64(len(m)))
	r = binary.LittleEndian.AppendUint32(r, maskedCRC(r))
	r = append(r, m...)
	return e.write(binary.LittleEndian.AppendUint32(r, maskedCRC(m)))
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// maskedCRC is the checksum of TFRecord files: a CRC that is rotated and shifted, so that a CRC of data that
// contains CRCs is still reliable.
func maskedCRC(data []byte) uint32 {
	c := crc32.Checksum(data, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

// recordsUntil returns the length of the leading valid records up to an update.
func recordsUntil(data []byte, update int) (keep int64, err error) {
	for {
		m, size, ok := nextRecord(data[keep:])
		switch {
		case !ok && torn(data[keep:]):
			return keep, nil
		case !ok:
			return keep, fmt.Errorf("the record at byte %d is damaged", keep)
		case stepOf(m) > int64(update):
			return keep, nil
		}
		keep += size
	}
}

// torn reports whether data, which is not a whole record, may be the beginning of one: a crash leaves it
// short, or with zeros if only the file size was written.
func torn(data []byte) bool {
	if len(data) < 12 || len(bytes.Trim(data, "\x00")) == 0 {
		return true
	}
	good := binary.LittleEndian.Uint32(data[8:]) == maskedCRC(data[:8])
	size, rest := binary.LittleEndian.Uint64(data), uint64(len(data)-12)
	return good && (size > rest || size+4 >= rest)
}

// nextRecord returns the message of the first record and the record's size.
func nextRecord(data []byte) (m []byte, size int64, ok bool) {
	if len(data) < 16 || binary.LittleEndian.Uint32(data[8:]) != maskedCRC(data[:8]) {
		return nil, 0, false
	}
	n := binary.LittleEndian.Uint64(data)
	if n > uint64(len(data)-16) {
		return nil, 0, false
	}
	m = data[12:][:n]
	return m, int64(n) + 16, binary.LittleEndian.Uint32(data[12+n:]) == maskedCRC(m)
}

// stepOf returns the step of an event, 0 if it has none.
func stepOf(m []byte) int64 {
	for len(m) > 0 {
		num, typ, n := protowire.ConsumeTag(m)
		if n < 0 {
			return 0
		}
		m = m[n:]
		if num == eventStep && typ == protowire.VarintType {
			v, _ := protowire.ConsumeVarint(m)
			return int64(v)
		}
		n = protowire.ConsumeFieldValue(num, typ, m)
		if n < 0 {
			return 0
		}
		m = m[n:]
	}
	return 0
}
