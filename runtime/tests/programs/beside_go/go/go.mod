module beside_go

go 1.25
