package federated

// Mean writes the mean of vectors of equal length, weighted by numbers of images, into to, which may be one of them. It is added up in float64 in the
// order of the vectors. The mean of equal vectors is that vector, to the bit.
func Mean(to []float32, vectors [][]float32, images []int) {
	total := 0.0
	for _, n := range images {
		total += float64(n)
	}
	for i := range to {
		sum := 0.0
		for k, v := range vectors {
			sum += float64(float64(images[k]) * float64(v[i])) // the conversion keeps product and sum apart
		}
		to[i] = float32(sum / total)
	}
}
