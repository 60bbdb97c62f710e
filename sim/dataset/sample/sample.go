// Package sample makes small files of the shape of public data sets: their headers, their forms of numbers and
// times, and their oddities. The numbers in them are made up. Tests read them, since no row of a data set is part of this module.
package sample

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"time"
)

// Names of the files, as the data sets name them.
const (
	Sites          = "site-optus-melbCBD.csv"
	Users          = "users-melbcbd-generated.csv"
	Stations       = "base_stations_min.csv"
	Sessions       = "sessions.csv"
	LoRARequests   = "lora_request_trace.csv"
	AzureCode      = "AzureLLMInferenceTrace_code.csv"
	AzureConv      = "AzureLLMInferenceTrace_conv.csv"
	EdgeDevices    = "edge_devices.xml"
	Applications   = "applications.xml"
	EdgeProperties = "default_config.properties"
)

// Files returns a small sample of every file by name.
func Files() map[string][]byte {
	return map[string][]byte{
		Sites: SitesCSV(40), Users: UsersCSV(90), Stations: StationsCSV(60), Sessions: SessionsCSV(400),
		LoRARequests: RequestsCSV(800), AzureCode: TokensCSV(300, 2000, 25), AzureConv: TokensCSV(500, 1100, 200),
		EdgeDevices: EdgeXML(6), Applications: ApplicationsXML(), EdgeProperties: Properties(),
	}
}

func generator(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(1, stream)) }

// SitesCSV returns n sites of the EUA data set. Lines end with CR LF, and names may have commas.
func SitesCSV(n int) []byte {
	var b bytes.Buffer
	g := generator(1)
	b.WriteString("SITE_ID,LATITUDE,LONGITUDE,NAME,STATE,LICENSING_AREA_ID,POSTCODE,SITE_PRECISION,ELEVATION,HCIS_L2\r\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,%.5f,%.6f,\"Corner %d, Sample St\",VIC,2,,Within 10 meters,,KX3P\r\n",
			10000000+i, -37.8150+0.005*(2*g.Float64()-1), 144.9632+0.01*(2*g.Float64()-1), i)
	}
	return b.Bytes()
}

// UsersCSV returns n users of the EUA data set, around the same middle.
func UsersCSV(n int) []byte {
	var b bytes.Buffer
	g := generator(2)
	b.WriteString("Latitude,Longitude\r\n")
	for range n {
		fmt.Fprintf(&b, "%v,%v\r\n", -37.8150+0.004*g.NormFloat64()/2, 144.9632+0.008*g.NormFloat64()/2)
	}
	return b.Bytes()
}

// StationsCSV returns n base stations as pandas writes them, with an index that has no name. One in thirty is in
// another town.
func StationsCSV(n int) []byte {
	var b bytes.Buffer
	g := generator(3)
	b.WriteString(",level_0,index,latitude,longitude,address,id\n")
	for i := range n {
		lat, lon := 31.22+0.04*g.NormFloat64(), 121.47+0.05*g.NormFloat64()
		if i%30 == 17 {
			lat += 4 + 3*g.Float64()
		}
		fmt.Fprintf(&b, "%d,%d,%d,%.6f,%.6f,%.6f-%.6f,%d\n", i, i, 14*i, lat, lon, lat, lon, i)
	}
	return b.Bytes()
}

// SessionsCSV returns n sessions of users at 12 base stations. Some have no place.
func SessionsCSV(n int) []byte {
	var b bytes.Buffer
	g := generator(4)
	b.WriteString("month,date,start time,end time,latitude,longitude,user id\n")
	start := time.Date(2014, 6, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		from := start.Add(time.Duration(g.IntN(86400)) * time.Second)
		station := g.IntN(12)
		place := fmt.Sprintf("%.6f,%.6f", 31.2+0.01*float64(station%4), 121.4+0.015*float64(station/4))
		if i%25 == 24 {
			place = ","
		}
		fmt.Fprintf(&b, "201406,1,%s,%s,%s,%032x\n", from.Format(time.DateTime), from.Add(40*time.Minute).Format(time.DateTime), place, g.IntN(50))
	}
	return b.Bytes()
}

// RequestsCSV returns n requests to diffusion models with the columns of lora_request_trace.csv. There are up to 24
// models; some requests failed, and some that are pending lack most numbers.
func RequestsCSV(n int) []byte {
	var b bytes.Buffer
	g := generator(5)
	b.WriteString("gmt_create,predict_type,predict_status,exec_time_seconds,groupId,prompt_length,negative_prompt_length,num_images_per_prompt,num_inference_steps,checkpoint_model_version_id,num_lora\n")
	at := time.Date(2024, 11, 15, 16, 57, 50, 0, time.UTC)
	kinds := []string{"TXT_2_IMG", "TXT_2_IMG", "TXT_2_IMG", "IMG_2_IMG", "INPAINTING"}
	for i := range n {
		model := int(24 * g.Float64() * g.Float64() * g.Float64())
		switch {
		case i%40 == 39:
			fmt.Fprintf(&b, "%s,TXT_2_IMG,PENDING,0.0,G%04d,,,,,,0\n", at.Format(time.DateTime), g.IntN(60))
		case i%50 == 7:
			fmt.Fprintf(&b, "%s,TXT_2_IMG,FAILED,3.0,G%04d,67.0,,2.0,30.0,M%04d,0\n", at.Format(time.DateTime), g.IntN(60), model)
		default:
			fmt.Fprintf(&b, "%s,%s,SUCCEED,%d.0,G%04d,%d.0,,%d.0,30.0,M%04d,%d\n", at.Format(time.DateTime), kinds[g.IntN(len(kinds))],
				g.IntN(40), g.IntN(60), 5+g.IntN(120), 1<<g.IntN(4), model, g.IntN(2))
		}
		at = at.Add(time.Duration(g.ExpFloat64()*60) * time.Second)
	}
	return b.Bytes()
}

// TokensCSV returns n requests to a language model with the columns of AzureLLMInferenceTrace: mean numbers
// of tokens, seven digits of a second, and no line end after the last row.
func TokensCSV(n int, context, generated float64) []byte {
	var b bytes.Buffer
	g := generator(6 + uint64(context))
	b.WriteString("TIMESTAMP,ContextTokens,GeneratedTokens")
	at := time.Date(2023, 11, 16, 18, 17, 3, 979960000, time.UTC)
	for range n {
		fmt.Fprintf(&b, "\n%s,%d,%d", at.Format("2006-01-02 15:04:05.0000000"), int(3+context*g.ExpFloat64()), int(6+generated*g.ExpFloat64()))
		at = at.Add(time.Duration(g.ExpFloat64() * float64(time.Second)))
	}
	return b.Bytes()
}
