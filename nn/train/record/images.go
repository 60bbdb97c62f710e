package record

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of Summary.Value and Summary.Image.
const (
	valueImage      = 4 // Image
	imageHeight     = 1 // int32
	imageWidth      = 2 // int32
	imageColorspace = 3 // int32, the number of channels
	imageEncoded    = 4 // bytes, of a PNG file
)

// Image appends an event with a picture, which TensorBoard shows under its tag. picture is a PNG file. A picture that the file already
// has for this update is not written again, so a resumed run may repeat an evaluation.
func (e *Events) Image(update int, tag string, picture []byte) error {
	if last, ok := e.images[tag]; ok && last == int64(update) {
		return nil
	}
	m, err := imageMessage(picture)
	if err != nil {
		return fmt.Errorf("record: the picture %s of update %d: %w", tag, update, err)
	}
	v := protowire.AppendTag(nil, valueTag, protowire.BytesType)
	v = protowire.AppendString(v, tag)
	v = protowire.AppendTag(v, valueImage, protowire.BytesType)
	v = protowire.AppendBytes(v, m)
	summary := protowire.AppendTag(nil, summaryValue, protowire.BytesType)
	if err := e.summary(update, protowire.AppendBytes(summary, v)); err != nil {
		return err
	}
	e.images[tag] = int64(update)
	return nil
}

// imageMessage is a Summary.Image.
func imageMessage(picture []byte) (m []byte, err error) {
	c, err := png.DecodeConfig(bytes.NewReader(picture))
	if err != nil {
		return nil, err
	}
	channels := 4
	if c.ColorModel == color.GrayModel {
		channels = 1
	}
	for _, f := range []struct {
		number protowire.Number
		value  int
	}{{imageHeight, c.Height}, {imageWidth, c.Width}, {imageColorspace, channels}} {
		m = protowire.AppendTag(m, f.number, protowire.VarintType)
		m = protowire.AppendVarint(m, uint64(f.value))
	}
	m = protowire.AppendTag(m, imageEncoded, protowire.BytesType)
	return protowire.AppendBytes(m, picture), nil
}

// imagesIn returns the step of the last picture of every tag in whole records.
func imagesIn(data []byte) map[string]int64 {
	last := map[string]int64{}
	for {
		m, size, ok := nextRecord(data)
		if !ok {
			return last
		}
		for _, summary := range fields(m, eventSummary) {
			for _, v := range fields(summary, summaryValue) {
				if tag := fields(v, valueTag); len(tag) > 0 && len(fields(v, valueImage)) > 0 {
					last[string(tag[0])] = stepOf(m)
				}
			}
		}
		data = data[size:]
	}
}

// fields are the contents of all fields of bytes that have a number.
func fields(m []byte, number protowire.Number) (all [][]byte) {
	for len(m) > 0 {
		num, typ, n := protowire.ConsumeTag(m)
		if n < 0 {
			return all
		}
		m = m[n:]
		if num == number && typ == protowire.BytesType {
			if v, n := protowire.ConsumeBytes(m); n > 0 {
				all = append(all, v)
			}
		}
		if n = protowire.ConsumeFieldValue(num, typ, m); n < 0 {
			return all
		}
		m = m[n:]
	}
	return all
}
