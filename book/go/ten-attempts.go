// Ten goroutines try; the function of one of them runs.
package main

import (
	"fmt"
	"sync"
)

func main() {
	var once sync.Once
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			fmt.Println("goroutine", i, "tries")
			once.Do(func() {
				fmt.Println("the function runs, from goroutine", i)
			})
		}()
	}
	wg.Wait()
}
