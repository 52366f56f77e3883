module marmota/peers

go 1.25
