"""WeChat Pay and Alipay as a shop meets them: their servers, their customers' phones, and their own ledgers."""
